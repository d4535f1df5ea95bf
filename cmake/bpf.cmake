# Kernel programs: bpf/NAME.bpf.c -> NAME.bpf.o -> NAME.skel.h (target sluice_skeleton); those of the benchmark as well.
find_program(CLANG NAMES clang-14 clang REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin REQUIRED)
file(GLOB bpf_inputs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bpf/*.h ${CMAKE_SOURCE_DIR}/tools/bench/bpf/*.h ${CMAKE_SOURCE_DIR}/include/sluice/*/*)

set(skeleton_dir ${CMAKE_BINARY_DIR}/skeleton)
set(skeletons)
file(GLOB programs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bpf/*.bpf.c ${CMAKE_SOURCE_DIR}/tools/bench/bpf/*.bpf.c)
foreach(program ${programs})
  get_filename_component(name ${program} NAME)
  string(REPLACE ".bpf.c" "" name ${name})
  # disable-block-placement: where clang lays a loop's end before its start, the edge back is no jump but falls through, and
  # verifiers up to Linux 6.6 refuse it ("back-edge from insn"). tests/kernels loads the program on 6.1.
  add_custom_command(
    OUTPUT ${skeleton_dir}/${name}.bpf.o
    COMMAND ${CMAKE_COMMAND} -E make_directory ${skeleton_dir}
    COMMAND ${CLANG} -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter -mllvm -disable-block-placement
            -I${CMAKE_SOURCE_DIR}/include -I${CMAKE_SOURCE_DIR}/bpf -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
            -c ${program} -o ${skeleton_dir}/${name}.bpf.o
    DEPENDS ${program} ${bpf_inputs}
    COMMENT "BPF ${name}" VERBATIM)
  add_custom_command(
    OUTPUT ${skeleton_dir}/${name}.skel.h
    COMMAND ${BPFTOOL} gen skeleton ${skeleton_dir}/${name}.bpf.o name ${name}_bpf > ${skeleton_dir}/${name}.skel.h
    DEPENDS ${skeleton_dir}/${name}.bpf.o
    COMMENT "skeleton ${name}" VERBATIM)
  list(APPEND skeletons ${skeleton_dir}/${name}.skel.h)
endforeach()
add_custom_target(sluice_skeletons DEPENDS ${skeletons})
add_library(sluice_skeleton INTERFACE)
add_dependencies(sluice_skeleton sluice_skeletons)
target_include_directories(sluice_skeleton SYSTEM INTERFACE ${skeleton_dir})
