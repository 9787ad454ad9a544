# The Xen probe: Xen's headers at build time, its libraries by dlopen at run time.
find_path(XEN_HEADERS NAMES xenctrl.h)
if(XEN_HEADERS)
  # Objects of their own, for Xen's headers want the compiler's extensions.
  add_library(monitor_xen OBJECT probe_xen.c xen_config.c xen_domain.c xen_host.c xen_lib.c
    xen_master.c xen_store.c)
  set_target_properties(monitor_xen PROPERTIES C_EXTENSIONS ON)
  target_link_libraries(monitor_xen PRIVATE base PkgConfig::jansson)
  target_sources(monitor_probes PRIVATE $<TARGET_OBJECTS:monitor_xen>)
  target_link_libraries(monitor_probes PUBLIC PkgConfig::jansson ${CMAKE_DL_LIBS})
else()
  message(WARNING "Xen's headers are missing (libxen-dev): this monitor will not see Xen, and no guest")
  target_sources(monitor_probes PRIVATE probe_xen_absent.c)
endif()
