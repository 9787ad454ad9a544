target_sources(monitor_probes PRIVATE probe_sensors.c sensors_chip.c probe_iscsi.c)
target_link_libraries(monitor_probes PUBLIC ${SENSORS_LIBRARY} m)
