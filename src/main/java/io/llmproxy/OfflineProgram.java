package io.llmproxy;

import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.backup.ManifestText;
import io.llmproxy.adapter.jdbc.DatabaseException;
import io.llmproxy.config.ConfigException;
import io.llmproxy.port.StoreException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.util.spi.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * What is done to a state that no server runs on. llmproxyctl finds it by the JDK's own interface for tools, since it knows the server by
 * its API alone: arguments are a command and {@code --name=value}, what comes back is one JSON document or a sentence on the other writer,
 * and llmproxyctl's exit code.
 */
public final class OfflineProgram implements ToolProvider {
    /** The name under which it is found. */
    public static final String NAME = "llmproxy-offline";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int run(PrintWriter out, PrintWriter err, String... args) {
        try {
            OfflineArguments line = OfflineArguments.parse(args);
            out.println(ManifestText.json(result(line)));
            return 0;
        } catch (OfflineException e) {
            return failed(err, e.code(), e.getMessage());
        } catch (ConfigException e) {
            e.problems().forEach(err::println);
            return OfflineException.USAGE;
        } catch (StartException e) {
            return failed(err, e.exitCode(), e.getMessage());
        } catch (DatabaseException e) {
            return failed(err, code(e), e.getMessage());
        } catch (InvalidPathException e) {
            return failed(err, OfflineException.USAGE, "no path: " + e.getInput());
        } catch (BackupException | StoreException e) {
            return failed(err, OfflineException.FAILED, e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            return failed(err, OfflineException.FAILED, e.toString());
        }
    }

    private static int failed(PrintWriter err, int code, @Nullable String message) {
        err.println(String.valueOf(message));
        return code;
    }

    private static int code(DatabaseException e) {
        return switch (e.reason()) {
            case SETTINGS, NEWER -> OfflineException.USAGE;
            case IN_USE -> OfflineException.TAKEN;
            case AWAY, SCHEMA -> OfflineException.FAILED;
        };
    }

    private static Object result(OfflineArguments line) throws IOException, StartException, ConfigException {
        return switch (line.command()) {
            case "backup-create" -> new OfflineBackup(line, KeyAtStart.INSTALLED).create();
            case "backup-verify" -> new OfflineBackup(line, KeyAtStart.INSTALLED).verify();
            case "backup-list" -> new OfflineBackup(line, KeyAtStart.INSTALLED).list();
            case "backup-tidy" -> new OfflineBackup(line, KeyAtStart.INSTALLED).tidy();
            case "backup-hand-over" -> new OfflineBackup(line, KeyAtStart.INSTALLED).handOver();
            case "backup-key" -> new OfflineBackup(line, KeyAtStart.INSTALLED).key();
            case "backup-restore" -> new OfflineRestore(line, KeyAtStart.INSTALLED).run();
            case "db-status" -> new OfflineDatabase(line).status();
            case "db-migrate" -> new OfflineDatabase(line).migrate();
            case "db-forget-sealed" -> new OfflineSealed(line, KeyAtStart.INSTALLED).run();
            case "db-move" -> new OfflineDatabase(line).move();
            default -> throw new OfflineException(OfflineException.USAGE, "unknown command " + line.command());
        };
    }
}
