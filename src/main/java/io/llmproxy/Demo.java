package io.llmproxy;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminCommand.ProviderChanges;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.admin.CommandResult;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.model.ProviderKind;
import java.util.Objects;

/** What the demo has ready: one tenant, one simulated provider, one key. */
final class Demo {
    static final String TENANT = "demo";
    static final String MODEL = "simulated-small";

    private Demo() {}

    /** Makes them and returns the key's secret. */
    static String prepare(CommandExecutor executor) {
        executor.execute(Actor.SYSTEM, new AdminCommand.CreateTenant(TENANT, "Demo"));
        executor.execute(
                Actor.SYSTEM,
                new AdminCommand.CreateProvider(TENANT, "simulated", ProviderKind.SIMULATED, ProviderChanges.NONE));
        CommandResult result =
                executor.execute(Actor.SYSTEM, new AdminCommand.CreateKey(TENANT, "demo", null, null, KeyScope.ANY));
        CommandResult.OfKey made = (CommandResult.OfKey) result;
        return Objects.requireNonNull(made.secret()).reveal();
    }
}
