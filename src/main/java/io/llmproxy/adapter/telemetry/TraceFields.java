package io.llmproxy.adapter.telemetry;

import io.helidon.tracing.HeaderConsumer;
import io.llmproxy.domain.HeaderFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Header fields as Helidon's tracing reads and writes them. */
record TraceFields(HeaderFields fields) implements HeaderConsumer {
    @Override
    public Iterable<String> keys() {
        List<String> names = new ArrayList<>();
        fields.forEach((name, value) -> names.add(name));
        return names;
    }

    @Override
    public Optional<String> get(String name) {
        return fields.first(name);
    }

    @Override
    public Iterable<String> getAll(String name) {
        return fields.all(name);
    }

    @Override
    public boolean contains(String name) {
        return fields.contains(name);
    }

    @Override
    public void setIfAbsent(String name, String... values) {
        if (!fields.contains(name)) {
            set(name, values);
        }
    }

    @Override
    public void set(String name, String... values) {
        fields.remove(name);
        for (String value : values) {
            fields.add(name, value);
        }
    }
}
