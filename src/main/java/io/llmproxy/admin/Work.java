package io.llmproxy.admin;

import io.llmproxy.domain.identity.Tenant;
import org.jspecify.annotations.Nullable;

/** A command whose own values have been checked: what is left to do inside the transaction. */
interface Work {
    Done apply();

    /**
     * What was done, for the answer and for the audit.
     *
     * @param tenant null where it concerns the installation
     */
    record Done(CommandResult result, @Nullable Tenant tenant, String action, String target, Details details) {}
}
