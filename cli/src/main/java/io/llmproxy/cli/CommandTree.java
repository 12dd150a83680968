package io.llmproxy.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** All commands, as picocli's model of them. */
final class CommandTree {
    private CommandTree() {}

    /** The whole tree. */
    static CommandLine whole() {
        List<String> words = new ArrayList<>();
        nouns().forEach(noun -> words.add(noun.name()));
        ServerCommands.verbs().forEach(verb -> words.add(verb.name()));
        return build(words);
    }

    /** The tree with the verbs and options of just those commands that the line names. */
    static CommandLine forLine(List<String> args) {
        return build(args);
    }

    private static CommandLine build(Collection<String> words) {
        CommandSpec root = CommandSpec.create().name("llmproxyctl");
        root.usageMessage()
                .description("Manages llmproxy: tenants, users, keys, providers and their usage.")
                .footer(
                        "llmproxyctl tenant create acme",
                        "llmproxyctl -t acme provider create openai --type openai --api-key-env OPENAI_API_KEY",
                        "KEY=$(llmproxyctl -t acme key create dev -q)",
                        "llmproxyctl -t acme usage report --by model");
        GlobalOptions.addTo(root);
        for (Noun noun : nouns()) {
            root.addSubcommand(noun.name(), noun.spec(noun.named(words)));
        }
        for (Verb verb : ServerCommands.verbs()) {
            CommandSpec spec = verb.spec(words);
            root.addSubcommand(spec.name(), spec);
        }
        CommandLine line = new CommandLine(root);
        line.setExpandAtFiles(false); // an argument that begins with @ is an argument, not a file of further ones
        line.setInterpolateVariables(false);
        return line;
    }

    private static List<Noun> nouns() {
        return List.of(
                new Noun(
                        "tenant",
                        "The units of isolation: each has its own users, keys and providers.",
                        TenantCommands::verbs),
                new Noun("user", "The people and service accounts of a tenant.", UserCommands::verbs),
                new Noun("key", "The API keys by which clients reach the gateway.", KeyCommands::verbs),
                new Noun("provider", "The upstream accounts that requests are forwarded to.", ProviderCommands::verbs),
                new Noun(
                        "route",
                        "Models of your own and rules: where requests go, and what follows a failure.",
                        RouteCommands::verbs),
                new Noun("price", "What models cost: the catalogue, and prices set over it.", PriceCommands::verbs),
                new Noun(
                        "limit",
                        "How much a tenant, user, key, … may use: rate limits, quotas and budgets; also `quota`.",
                        LimitCommands::verbs,
                        List.of("quota")),
                new Noun("usage", "What was used: the ledger of requests and tokens.", UsageCommands::verbs),
                new Noun("audit", "What was administered and what was asked, by whom.", AuditCommands::verbs),
                new Noun("ledger", "The ledger itself, and whether it is sound.", LedgerCommands::verbs),
                new Noun(
                        "config",
                        "The server's configuration: what is in force, and its reload.",
                        ConfigCommands::verbs),
                new Noun("tls", "The certificates of the server's listeners.", TlsCommands::verbs),
                new Noun("log", "The server's log: its levels, and a search in its files.", LogCommands::verbs),
                new Noun("prove", "Proofs that the running server gives of itself.", ProveCommands::verbs));
    }
}
