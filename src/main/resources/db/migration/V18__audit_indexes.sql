-- What one actor did, and what was done to one object, newest first: found without a look at everybody's events.
CREATE INDEX IF NOT EXISTS audit_events_actor_idx ON audit_events (actor_name, seq);
CREATE INDEX IF NOT EXISTS audit_events_target_idx ON audit_events (target, seq);
