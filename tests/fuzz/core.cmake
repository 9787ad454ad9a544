lifeboat_fuzz(core policy_core)
