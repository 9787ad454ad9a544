foreach(module screen table value door suggest)
  lifeboat_unit(cli_${module} cli_core)
endforeach()
