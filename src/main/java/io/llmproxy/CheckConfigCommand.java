package io.llmproxy;

import io.llmproxy.adapter.admin.auth.AuthFault;
import io.llmproxy.adapter.admin.auth.TokensFile;
import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigLoader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code llmproxy check-config}: tells every fault of configuration files without starting anything. */
record CheckConfigCommand(PrintStream out) implements ServerCommand {
    @Override
    public CommandSpec spec() {
        CommandSpec spec = ServerCommand.named(
                "check-config",
                "Check configuration files: exit 0, with what is worth a warning, or 2 with every fault, its file, line and key.",
                "  llmproxy check-config /etc/llmproxy/llmproxy.yaml",
                "  llmproxy check-config /etc/llmproxy/llmproxy.yaml /etc/llmproxy/acme.yaml   later wins");
        spec.addPositional(PositionalParamSpec.builder()
                .arity("1..*")
                .index("0..*")
                .type(String[].class)
                .paramLabel("FILE")
                .description("The files, in the order in which serve reads them.")
                .build());
        return spec;
    }

    @Override
    public int run(ParseResult line) throws ConfigException {
        String[] none = {};
        List<Path> files =
                Stream.of(line.matchedPositionalValue(0, none)).map(Path::of).toList();
        ConfigLoader.Loaded loaded = ConfigLoader.load(ConfigLoader.Sources.files(files));
        files.forEach(f -> out.println(f + ": ok"));
        Path backups = loaded.config().backup().directory();
        String unfit = backups == null ? null : BackupGround.of(backups).faultForServices();
        if (unfit != null) {
            out.println(loaded.origins().get("backup.directory") + ": warning: backup.directory: " + unfit);
        }
        warnOfTokens(loaded);
        return 0;
    }

    /** A warning alone: whoever checks may not be one who may read it. */
    private void warnOfTokens(ConfigLoader.Loaded loaded) {
        Path tokens = loaded.config().admin().auth().tokens();
        if (tokens == null) {
            return;
        }
        try {
            TokensFile.read(tokens);
        } catch (AuthFault e) {
            out.println(loaded.origins().get("admin.auth.tokens-file") + ": warning: " + e.getMessage());
        }
    }
}
