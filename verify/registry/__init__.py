"""The registry as the service asks it: the port, its reader on PostgreSQL, and questions gathered."""
