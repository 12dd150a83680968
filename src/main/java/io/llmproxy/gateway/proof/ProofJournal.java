package io.llmproxy.gateway.proof;

import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageJournal;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Takes the records of the sandbox, and forgets them. */
final class ProofJournal implements UsageJournal {
    @Override
    public void append(UsageRecord record) {}

    @Override
    public List<UUID> journals() {
        return List.of();
    }

    @Override
    public void stored(UUID journal, JournalPosition position) {}

    @Override
    public @Nullable UsageBatch next(int max) {
        return null;
    }

    @Override
    public @Nullable UsageBatch behind(UsageBatch previous, int max) {
        return null;
    }

    @Override
    public void commit(UsageBatch batch) {}

    @Override
    public long backlog() {
        return 0;
    }

    @Override
    public Map<UUID, Extent> extents() {
        return Map.of();
    }

    @Override
    public void close() {}
}
