package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a check of the ledger found. */
public record LedgerJson(boolean sound, List<Check> checks, List<Fault> faults) {
    /** How many things were looked at, and how many of them are not as they should be. */
    public record Check(String check, long count, long faults) {}

    /** One of them. */
    public record Fault(
            String check,
            @Nullable Long block,
            @Nullable String tenant,
            @Nullable Instant time,
            String detail) {}
}
