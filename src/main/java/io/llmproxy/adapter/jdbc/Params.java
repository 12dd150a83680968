package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.identity.KeyHash;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of a statement's named parameters, in the form in which both databases keep them. */
final class Params {
    private final Map<String, @Nullable Object> values = new HashMap<>();

    static Params none() {
        return new Params();
    }

    static Params of(String name, @Nullable Object value) {
        return none().and(name, value);
    }

    Params and(String name, @Nullable Object value) {
        values.put(name, value);
        return this;
    }

    void bind(NamedSql sql, PreparedStatement statement) throws SQLException {
        List<String> names = sql.names();
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (!values.containsKey(name)) {
                throw new IllegalStateException("no value for :" + name + " of " + sql.text());
            }
            statement.setObject(i + 1, stored(values.get(name)));
        }
    }

    private static @Nullable Object stored(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            // cut, not rounded, so that what is read is never later than what was written
            case Instant time -> time.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
            case Enum<?> constant -> constant.name();
            case KeyHash hash -> hash.bytes();
            case Collection<?> list -> JsonText.list(list);
            case Map<?, ?> map -> JsonText.map(map);
            default -> value;
        };
    }
}
