"""From a sales call to a CRM record: the agents, the pipeline, its deployments."""
