foreach(module autostart xl preflight orders_table)
  lifeboat_unit(${module} actuator_core)
endforeach()
