# What gets installed, and the .deb: `ninja package` in a build directory, or `cpack -G DEB`.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "the unit runs /usr/sbin/sluiced" FORCE)
endif()
include(GNUInstallDirs)
set(packaging ${CMAKE_SOURCE_DIR}/packaging)

install(TARGETS sluiced sluice-identity RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
foreach(program sluice sluice-dump sluice-bench)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

# Manual pages and changelog, compressed as distributions want them (the same bytes for the same input).
function(sluice_install_compressed source name directory)
  set(compressed ${CMAKE_BINARY_DIR}/packaging/${name}.gz)
  add_custom_command(
    OUTPUT ${compressed}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/packaging
    COMMAND gzip -9nc ${source} > ${compressed}
    DEPENDS ${source} COMMENT "compress ${name}" VERBATIM)
  set_property(GLOBAL APPEND PROPERTY SLUICE_COMPRESSED ${compressed})
  install(FILES ${compressed} DESTINATION ${directory})
endfunction()

file(GLOB pages CONFIGURE_DEPENDS ${packaging}/man/*.[1-8])
foreach(page ${pages})
  get_filename_component(name ${page} NAME)
  string(REGEX REPLACE ".*\\." "" section ${name})
  sluice_install_compressed(${page} ${name} ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
sluice_install_compressed(${packaging}/debian/changelog changelog ${CMAKE_INSTALL_DATADIR}/doc/sluice)
get_property(compressed GLOBAL PROPERTY SLUICE_COMPRESSED)
add_custom_target(sluice_compressed ALL DEPENDS ${compressed})

set(completion ${packaging}/completion)
foreach(program sluice sluice-dump)
  install(FILES ${completion}/sluice.bash RENAME ${program} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${completion}/${program}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endforeach()
install(FILES ${completion}/_sluice DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

file(GLOB units CONFIGURE_DEPENDS ${packaging}/systemd/*.service ${packaging}/systemd/*.socket)
install(FILES ${units} DESTINATION /lib/systemd/system)
install(FILES ${packaging}/debian/policy.yaml DESTINATION /etc/sluice)
install(FILES ${packaging}/debian/sluiced.default RENAME sluiced DESTINATION /etc/default)
install(DIRECTORY ${packaging}/nginx DESTINATION ${CMAKE_INSTALL_DATADIR}/sluice)
if(EXISTS ${packaging}/examples)
  install(DIRECTORY ${packaging}/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/sluice)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sluice)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Sluice maintainers <maintainers@sluice.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "eBPF/XDP traffic enforcer for hosts that serve APIs")
set(CPACK_PACKAGE_DESCRIPTION "An XDP program judges every packet at the network card: it drops what
the policy denies and holds every source, prefix and service to its
limit. Beside it a daemon compiles policies and installs them atomically,
a command operates both, and a dump tool reads everything straight from
the kernel.")
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "nftables, prometheus-node-exporter")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${packaging}/debian/conffiles ${packaging}/debian/postinst ${packaging}/debian/prerm ${packaging}/debian/postrm)
include(CPack)
