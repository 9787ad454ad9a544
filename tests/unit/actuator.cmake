foreach(module autostart xl preflight orders_table link folder ledger actuator_conf)
  lifeboat_unit(${module} actuator_core)
endforeach()
