"""The reviewer's window: a Datasette plug-in over the read model, read-only."""
