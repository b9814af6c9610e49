"""Getting a database up: numbered SQL, roles and grants, the embedded PostgreSQL."""
