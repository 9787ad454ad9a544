lifeboat_fuzz(trace policy_trace)
