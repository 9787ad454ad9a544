add_library(policy_trace STATIC trace.c trace_write.c trace_write_xen.c trace_read.c trace_read_order.c trace_write_order.c
  trace_read_sensors.c trace_read_xen.c trace_prose.c replay.c)
target_link_libraries(policy_trace PUBLIC policy_core base)
