#!/usr/bin/env bash
# Makes the role under which Grafana reads, or gives it the password of today. Run once by the image of PostgreSQL when
# its folder is made; by hand: docker compose exec postgres bash /docker-entrypoint-initdb.d/boards.sh
# What it may read it is given by Tocsin at its next start: views of counts, names and alerts, nothing with duty numbers.
set -euo pipefail
BOARDS_PASSWORD=$(tr -d '\n' < "${BOARDS_PASSWORD_FILE:?}")
export BOARDS_PASSWORD
psql -v ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv password BOARDS_PASSWORD
SELECT 'CREATE ROLE tocsin_boards' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tocsin_boards') \gexec
ALTER ROLE tocsin_boards LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 20 PASSWORD :'password';
ALTER ROLE tocsin_boards SET default_transaction_read_only = on;
ALTER ROLE tocsin_boards SET statement_timeout = '30s';
SQL
