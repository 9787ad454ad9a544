foreach(module screen table value door suggest edit files)
  lifeboat_unit(cli_${module} cli_core)
endforeach()
