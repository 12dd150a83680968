package io.llmproxy;

import io.llmproxy.adapter.jdbc.ClosedDatabase;
import io.llmproxy.adapter.jdbc.SchemaState;
import io.llmproxy.adapter.jdbc.SealedValues;
import io.llmproxy.adapter.secret.MasterKey;
import io.llmproxy.adapter.secret.NeededKeys;
import io.llmproxy.config.ConfigException;
import io.llmproxy.domain.secret.Credential;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The way on for who has lost a master key for good: what only that one opens is taken out of the state, so that the next start takes, or
 * makes, another one.
 */
final class OfflineSealed {
    private final OfflineArguments line;
    private final KeyAtStart keys;

    OfflineSealed(OfflineArguments line, KeyAtStart keys) {
        this.line = line;
        this.keys = keys;
    }

    /**
     * What was given up, or would be.
     *
     * @param masterKey the id of the key that the next start takes; null: it makes one
     * @param lost the ids of the keys that are needed and are not that one
     * @param providers those that have lost credentials, or the login at their proxy: {@code TENANT/NAME}, of shared ones the name
     * @param bodies of how many requests
     */
    record Forgotten(
            String database,
            @Nullable String masterKey,
            List<String> lost,
            List<String> providers,
            long bodies,
            boolean done) {}

    Forgotten run() throws IOException, StartException, ConfigException {
        return StoppedState.with(line, state -> {
            ClosedDatabase database = state.database();
            if (!SchemaState.newest().equals(database.schema().version())) {
                throw new OfflineException(
                        OfflineException.FAILED,
                        "the schema of " + database.shown()
                                + " is not this program's; `llmproxyctl db status` tells more");
            }
            // one that lies there and cannot be read must not be taken for none
            Optional<MasterKey> key = keys.taken(state.data());
            return forget(database, key.map(MasterKey::id).orElse(null));
        });
    }

    private Forgotten forget(ClosedDatabase database, @Nullable String key) {
        SealedValues sealed = database.sealed();
        NeededKeys needed = sealed.read(NeededKeys::of);
        Predicate<Credential.Sealed> lost =
                c -> key == null || !NeededKeys.idOf(c).equals(Optional.of(key));
        boolean dry = line.flag("dry-run");
        SealedValues.Forgotten forgotten;
        if (dry) {
            forgotten = sealed.lost(lost, key);
        } else {
            database.refuseServers();
            forgotten = sealed.forget(lost, key);
        }
        return new Forgotten(
                database.shown(),
                key,
                needed.without(String.valueOf(key)),
                forgotten.providers(),
                forgotten.bodies(),
                !dry);
    }
}
