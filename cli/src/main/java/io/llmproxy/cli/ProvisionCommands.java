package io.llmproxy.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** {@code llmproxyctl tenant provision} and {@code deprovision}: a tenant as a service of this machine. */
final class ProvisionCommands {
    private ProvisionCommands() {}

    static Verb provision() {
        return Verb.of(
                        "provision",
                        "Makes a tenant a service of this machine and starts it; wants root, and no server.",
                        c -> new Provision(c, tenant(c)).run())
                .argument("SLUG", "the tenant: lower-case letters, digits and '-'")
                .option("--listen", "HOST:PORT", "where clients connect; the next free port from 8080 on, on 127.0.0.1")
                .option("--admin-listen", "HOST:PORT", "health and metrics; the next free port after it, on 127.0.0.1")
                .option(
                        "--database-url",
                        "URL",
                        "a PostgreSQL, as jdbc:postgresql://db/acme; a database of its own unless given")
                .option("--database-user", "NAME", "the user to log in to it as")
                .option(
                        "--database-password-file",
                        "FILE",
                        "where its password is; in /etc/llmproxy/SLUG, so that it is seen")
                .option("--master-key-file", "FILE", "the master key to take, as of another host on the same database")
                .flag("--no-start", "write the files only; neither enable nor start the service")
                .example(
                        "llmproxyctl tenant provision acme",
                        "llmproxyctl tenant provision acme --listen 0.0.0.0:8443 --no-start");
    }

    static Verb deprovision() {
        return Verb.of(
                        "deprovision",
                        "Stops and disables the service of a tenant; its data stay, unless --purge.",
                        ProvisionCommands::deprovision)
                .argument("SLUG", "the tenant")
                .flag("--purge", "delete its configuration, keys, data and log too")
                .example("llmproxyctl tenant deprovision acme", "llmproxyctl tenant deprovision acme --purge --yes");
    }

    /** Names of files that belong to all tenants are no tenant's. */
    private static String tenant(Context c) {
        String slug = c.line().argument();
        if (!Context.isSlug(slug)) {
            throw CliException.usage("no tenant's slug (lower-case letters, digits and '-'): '" + slug + "'");
        }
        if (slug.equals("llmproxy") || slug.equals("tls")) {
            throw CliException.usage("a tenant '" + slug + "' cannot be a service of this machine: "
                    + c.shell().host().etc().resolve(slug) + " is of all tenants; choose another slug");
        }
        return slug;
    }

    static void requireRoot(Context c, String verb) {
        if (!c.shell().host().superuser()) {
            throw new CliException(
                    ExitCode.REFUSED,
                    "tenant " + verb + " changes this machine's services: run it as root, as by sudo");
        }
    }

    private static ExitCode deprovision(Context c) {
        String slug = tenant(c);
        requireRoot(c, "deprovision");
        Host host = c.shell().host();
        List<Path> all = List.of(
                host.configuration(slug),
                host.environment(slug),
                host.secrets(slug),
                host.data(slug),
                host.logs().resolve(slug));
        List<Path> there = all.stream()
                .filter(path -> Files.exists(path, LinkOption.NOFOLLOW_LINKS))
                .toList();
        if (there.isEmpty()) {
            throw new CliException(ExitCode.NOT_FOUND, "no tenant " + slug + " is provisioned on this machine");
        }
        boolean purge = c.line().flag("--purge");
        c.confirm("stop and disable the service of tenant " + slug
                + (purge ? " and delete all that is its own: " + joined(there) : ""));
        stop(c, slug);
        if (purge) {
            purge(host.data(slug), there);
        }
        c.output()
                .done(
                        Json.object().put("slug", slug).put("purged", purge),
                        new View("slug"),
                        purge
                                ? "tenant " + slug + " is gone: " + joined(there) + " deleted" + kept(host, slug)
                                : "tenant " + slug + " is no service any more; what is its own stays: "
                                        + joined(there));
        return ExitCode.DONE;
    }

    /** No process may have the data meanwhile: one that serves without systemd, or still finishes requests, would go on in deleted files. */
    private static void purge(Path data, List<Path> there) {
        Path file = data.resolve("llmproxy.lock");
        if (Files.isSymbolicLink(data) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            there.forEach(ProvisionFiles::delete);
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            if (!locked(channel)) {
                throw new CliException(
                        ExitCode.CONFLICT,
                        "a process still has " + data + ", and nothing was deleted: stop it, or wait until it has"
                                + " finished its requests, then run the command again");
            }
            there.forEach(ProvisionFiles::delete);
        } catch (IOException e) {
            throw new CliException(
                    ExitCode.REFUSED,
                    "whether a process has " + data + " cannot be told, from " + file + ": " + FileFault.why(e));
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** Backups beside the data are for the day on which those were deleted by mistake; an empty directory is for nothing. */
    private static String kept(Host host, String slug) {
        Path backups = host.backups().resolve(slug);
        try {
            Files.deleteIfExists(backups);
            return "";
        } catch (IOException e) {
            return "; what is in " + backups + " stays";
        }
    }

    private static void stop(Context c, String slug) {
        if (!c.shell().host().runsSystemd()) {
            c.note("systemd does not run this machine: stop the process yourself, if it runs");
            return;
        }
        Programs.Result stopped = new Programs(c.shell().env()).run("systemctl", "disable", "--now", Host.unit(slug));
        if (!stopped.fine()) {
            throw new CliException(
                    ExitCode.REFUSED, "the service could not be stopped, and nothing was deleted: " + stopped.text());
        }
    }

    private static String joined(List<Path> paths) {
        return String.join(", ", paths.stream().map(Path::toString).toList());
    }
}
