# Debian packages: cmake --preset release && cmake --build --preset release, then
# (cd build-release && cpack -G DEB).  They are for /usr: the paths of configuration and
# programs are compiled in, so another prefix makes no packages.
set(packages lifeboat lifeboat-monitor lifeboat-actuator lifeboat-policy)

set(CPACK_DEBIAN_LIFEBOAT_DESCRIPTION "moves virtual machines off a failing Xen host - command
Lifeboat watches the Xen hosts of a pool and moves their guests away by live
migration before a host fails.

This package has the command that shows and explains what the policy engine
sees and decides, tells it what to do, and makes the keys of every host. It
also has the user that all of Lifeboat's daemons share.")
set(CPACK_DEBIAN_LIFEBOAT-MONITOR_DESCRIPTION "moves virtual machines off a failing Xen host - monitor
Lifeboat watches the Xen hosts of a pool and moves their guests away by live
migration before a host fails.

This package has the daemon that reads sensors, guests and storage paths of
a Xen host and reports them to the policy engine. It belongs on every host.")
set(CPACK_DEBIAN_LIFEBOAT-ACTUATOR_DESCRIPTION "moves virtual machines off a failing Xen host - actuator
Lifeboat watches the Xen hosts of a pool and moves their guests away by live
migration before a host fails.

This package has the daemon that carries out the policy engine's orders to
move guests. It belongs on every host that may lose or take in guests.")
set(CPACK_DEBIAN_LIFEBOAT-POLICY_DESCRIPTION "moves virtual machines off a failing Xen host - policy engine
Lifeboat watches the Xen hosts of a pool and moves their guests away by live
migration before a host fails.

This package has the engine that judges the health of all hosts, chooses
where each guest is safer, and can say why. A pool has one; it is best
placed on a machine outside the pool.")

# Xen's libraries are opened at run time, whichever version is running.
set(CPACK_DEBIAN_LIFEBOAT_PACKAGE_DEPENDS
  "systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_LIFEBOAT_PACKAGE_SUGGESTS "lifeboat-policy")
set(CPACK_DEBIAN_LIFEBOAT-MONITOR_PACKAGE_RECOMMENDS "libxenmisc4.17")
set(CPACK_DEBIAN_LIFEBOAT-MONITOR_PACKAGE_SUGGESTS "lm-sensors, open-iscsi")
set(CPACK_DEBIAN_LIFEBOAT-POLICY_PACKAGE_DEPENDS "procps") # /bin/kill, to reload
set(CPACK_DEBIAN_LIFEBOAT-ACTUATOR_PACKAGE_DEPENDS "systemd")
set(CPACK_DEBIAN_LIFEBOAT-ACTUATOR_PACKAGE_RECOMMENDS "lifeboat-monitor, xen-utils-4.17 | xen-utils-common")
set(CPACK_DEBIAN_LIFEBOAT-ACTUATOR_PACKAGE_SUGGESTS "open-iscsi")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each has its own
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_COMPONENTS_ALL ${packages})
set(CPACK_PACKAGE_CONTACT "The Lifeboat developers <lifeboat@example.org>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

find_program(GZIP gzip REQUIRED)
set(made ${CMAKE_CURRENT_BINARY_DIR}/debian)
string(TIMESTAMP CHANGELOG_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)

# in_package PACKAGE FILE FROM: make a control file of a package.
function(in_package package file from)
  set(NAME ${package})
  configure_file(${CMAKE_CURRENT_SOURCE_DIR}/debian/${from} ${made}/${package}/${file} @ONLY
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()

add_custom_command(OUTPUT ${made}/changelog.gz
  COMMAND ${GZIP} -9nc ${PROJECT_SOURCE_DIR}/NEWS.md > ${made}/changelog.gz
  DEPENDS ${PROJECT_SOURCE_DIR}/NEWS.md VERBATIM)
set(documents ${made}/changelog.gz)
foreach(package ${packages})
  string(TOUPPER ${package} P)
  if(package STREQUAL lifeboat)
    set(kind lifeboat)
  else()
    set(kind daemon)
    set(CPACK_COMPONENT_${P}_DEPENDS lifeboat)
  endif()
  set(control)
  foreach(script postinst prerm postrm)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/debian/${kind}.${script}.in)
      in_package(${package} ${script} ${kind}.${script}.in)
      list(APPEND control ${made}/${package}/${script})
    endif()
  endforeach()
  if(kind STREQUAL "daemon")
    string(REPLACE lifeboat- "" name ${package})
    file(WRITE ${made}/${package}/conffiles "/etc/lifeboat/${name}.conf\n")
    list(APPEND control ${made}/${package}/conffiles)
  endif()
  in_package(${package} changelog.Debian changelog.in)
  add_custom_command(OUTPUT ${made}/${package}/changelog.Debian.gz
    COMMAND ${GZIP} -9nc ${made}/${package}/changelog.Debian > ${made}/${package}/changelog.Debian.gz
    DEPENDS ${made}/${package}/changelog.Debian VERBATIM)
  list(APPEND documents ${made}/${package}/changelog.Debian.gz)
  install(FILES ${made}/changelog.gz ${made}/${package}/changelog.Debian.gz
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/copyright
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${package})
  set(CPACK_DEBIAN_${P}_PACKAGE_NAME ${package})
  set(CPACK_DEBIAN_${P}_PACKAGE_CONTROL_EXTRA "${control}")
  set(CPACK_DEBIAN_${P}_PACKAGE_CONTROL_STRICT_PERMISSION ON)
endforeach()
add_custom_target(debian_documents ALL DEPENDS ${documents})

include(CPack)
