"""What only AWS has; it needs the extra ``aws``. Nothing below `wiring` imports it.

template.yaml  all that the stack is: buckets, functions, roles, schedule, alarms
handlers       entry points: the stages as functions of Lambda
glue_job       entry point: a backlog and the marts on Spark
events         what a function is asked      deferral  when a run that has to wait goes on
metrics, logs  what it says                  invoke    another function, begun
warehouse      Athena behind the pipeline's port: to load is to publish
live           what is live now              given     calendar and choices, without DuckDB
relations      what the databases hold       catalog   the typed tables of the template
marts, checks  made and counted by Athena    files     what Athena wrote
athena         asking                        databases Glue's catalog
publish        the steps after a run that counts
secrets        sign-ins in Secrets Manager   versions  former versions of objects
session        accounts, clients, errors     deploy/   `chartlake aws deploy`, status, destroy
"""
