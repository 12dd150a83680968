package io.llmproxy.domain.usage;

import java.util.List;

/**
 * What a check of the ledger found.
 *
 * @param checks how many things each check looked at, in their order
 * @param faults in the order in which they were found, at most {@link #MAX_FAULTS}
 */
public record LedgerReport(List<Checked> checks, List<LedgerFault> faults) {
    public static final int MAX_FAULTS = 100;

    public LedgerReport {
        checks = List.copyOf(checks);
        faults = List.copyOf(faults);
    }

    /** How many things a check looked at, and how many of them have faults. */
    public record Checked(LedgerFault.Check check, long count, long faults) {}

    public boolean sound() {
        return checks.stream().allMatch(c -> c.faults() == 0);
    }
}
