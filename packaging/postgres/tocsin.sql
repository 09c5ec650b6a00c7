-- For psql: a user for Tocsin and a database that it owns. The password is read from a file of one line.
\set password `cat /run/secrets/database_password`
CREATE ROLE tocsin LOGIN PASSWORD :'password';
CREATE DATABASE tocsin OWNER tocsin;
REVOKE CONNECT ON DATABASE tocsin FROM PUBLIC;
