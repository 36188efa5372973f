"""The database: tables, sessions, migrations, and typed queries over them."""
