# What Sluice is built from; docs/decisions gives the reason for each.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
pkg_check_modules(LIBBPF REQUIRED IMPORTED_TARGET libbpf)
pkg_check_modules(LIBPCAP REQUIRED IMPORTED_TARGET libpcap)
pkg_check_modules(LIBCAP REQUIRED IMPORTED_TARGET libcap)

add_library(bpf_header INTERFACE)
target_link_libraries(bpf_header INTERFACE PkgConfig::LIBBPF elf z)
add_library(cap_header INTERFACE)
target_link_libraries(cap_header INTERFACE PkgConfig::LIBCAP)
add_library(spdlog_header INTERFACE)
target_link_libraries(spdlog_header INTERFACE spdlog::spdlog)

# Asio and Beast are header-only; without a compiled part of Boost.
find_path(BOOST_INCLUDE boost/beast.hpp REQUIRED)
add_library(boost_header INTERFACE)
target_include_directories(boost_header SYSTEM INTERFACE ${BOOST_INCLUDE})
target_compile_definitions(boost_header INTERFACE BOOST_ASIO_NO_DEPRECATED)
