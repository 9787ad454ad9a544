lifeboat_unit(trace policy_trace)
