package io.llmproxy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One run of {@code tenant provision}: checks all that can be known first, writes the files, starts the service, waits until it
 * is ready, and says what comes next. What fails takes back what this run made; a second run changes nothing.
 */
final class Provision {
    private static final int KEY_BYTES = 32;
    private static final String KEY_VARIABLE = "LLMPROXY_MASTER_KEY";
    private static final int FIRST_PORT = 8080;
    private static final int PORTS = 2000;
    private static final int TRIES = 60;
    private static final View VIEW = new View("gateway");

    /** The keys of the configuration that have an option. */
    private static final Map<String, String> OPTIONS = options();

    private final Context context;
    private final String slug;
    private final Host host;
    private final Programs programs;
    private final Map<String, List<Address>> others;

    Provision(Context context, String slug) {
        this.context = context;
        this.slug = slug;
        this.host = context.shell().host();
        this.programs = new Programs(context.shell().env());
        ProvisionCommands.requireRoot(context, "provision");
        this.others = TenantFile.listens(host);
        others.remove(slug);
    }

    private static Map<String, String> options() {
        Map<String, String> options = new LinkedHashMap<>();
        options.put(TenantFile.GATEWAY, "--listen");
        options.put(TenantFile.ADMIN, "--admin-listen");
        options.put("database.url", "--database-url");
        options.put("database.user", "--database-user");
        options.put("database.password-file", "--database-password-file");
        return options;
    }

    ExitCode run() {
        Map<String, String> wanted = wanted();
        boolean exists = Files.exists(host.configuration(slug));
        Map<String, String> settings = exists ? existing(wanted) : chosen(wanted);
        ProvisionFiles files = ProvisionFiles.of(host);
        boolean changed;
        try {
            files.directory(host.secrets(slug), "rwxr-x---");
            files.serviceDirectory(host.backups(), slug);
            boolean key = masterKey(files);
            if (!exists) {
                files.write(host.configuration(slug), text(settings), "rw-r-----", true);
            }
            changed = key || !exists;
        } catch (CliException e) {
            throw new CliException(e.code(), e.text() + files.undo());
        }
        String service = start(files);
        return say(settings, changed, service);
    }

    private Map<String, String> wanted() {
        Map<String, String> wanted = new LinkedHashMap<>();
        OPTIONS.forEach((key, option) -> {
            String value = context.line().option(option);
            if (value != null) {
                wanted.put(key, value);
            }
        });
        for (String key : List.of(TenantFile.GATEWAY, TenantFile.ADMIN)) {
            String value = wanted.get(key);
            if (value != null && Address.parse(value).isEmpty()) {
                throw CliException.usage(OPTIONS.get(key) + ": '" + value + "' is no HOST:PORT such as 127.0.0.1:8080");
            }
        }
        return wanted;
    }

    /** What the tenant's file says; what an option says otherwise is a conflict, as the file is the operator's. */
    private Map<String, String> existing(Map<String, String> wanted) {
        Path file = host.configuration(slug);
        Map<String, String> settings = TenantFile.read(file);
        wanted.forEach((key, value) -> {
            String is = settings.get(key);
            if (!value.equals(is)) {
                throw new CliException(
                        ExitCode.CONFLICT,
                        "tenant " + slug + " is provisioned, and " + file + " says "
                                + (is == null ? "nothing of " + key : key + ": " + is) + ", not " + value
                                + "; edit the file, then `systemctl reload " + Host.unit(slug)
                                + "` and `llmproxyctl -t " + slug + " restart`");
            }
        });
        return settings;
    }

    private Map<String, String> chosen(Map<String, String> wanted) {
        if (running()) {
            throw new CliException(
                    ExitCode.CONFLICT,
                    Host.unit(slug) + " runs already, without " + host.configuration(slug)
                            + ": stop it first, or write that file yourself");
        }
        List<Address> taken = new ArrayList<>();
        Map<String, String> settings = new LinkedHashMap<>();
        int next = FIRST_PORT;
        for (String key : List.of(TenantFile.GATEWAY, TenantFile.ADMIN)) {
            String named = wanted.get(key);
            Address address = named == null
                    ? free(next, taken)
                    : Address.parse(named)
                            .map(a -> checked(a, OPTIONS.getOrDefault(key, key), taken))
                            .orElseThrow();
            taken.add(address);
            next = named == null ? address.port() + 1 : next;
            settings.put(key, address.toString());
        }
        wanted.forEach(settings::putIfAbsent);
        return settings;
    }

    private Address checked(Address address, String option, List<Address> taken) {
        Optional<String> tenant = owner(address);
        if (tenant.isPresent()) {
            throw new CliException(
                    ExitCode.CONFLICT,
                    option + ": tenant " + tenant.get() + " listens on " + address + " ("
                            + host.configuration(tenant.get()) + "); choose another port");
        }
        String fault = taken.stream().anyMatch(address::collides) ? "both listeners cannot have it" : address.taken();
        if (fault != null) {
            throw new CliException(
                    ExitCode.CONFLICT,
                    option + ": " + address + " cannot be listened on: " + fault + "; choose another");
        }
        return address;
    }

    private Address free(int from, List<Address> taken) {
        for (int port = from; port < from + PORTS; port++) {
            Address address = new Address("127.0.0.1", port);
            if (owner(address).isEmpty() && taken.stream().noneMatch(address::collides) && address.taken() == null) {
                return address;
            }
        }
        throw new CliException(ExitCode.CONFLICT, "no port from " + from + " on is free; name one with --listen");
    }

    private Optional<String> owner(Address address) {
        return others.entrySet().stream()
                .filter(other -> other.getValue().stream().anyMatch(address::collides))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private String text(Map<String, String> settings) {
        StringBuilder text = new StringBuilder("# Tenant " + slug + ", over " + host.common()
                + ", which names every key. After a change: systemctl reload " + Host.unit(slug) + "\n");
        text.append("gateway:\n  listen: ")
                .append(settings.get(TenantFile.GATEWAY))
                .append('\n');
        text.append("admin:\n  listen: ").append(settings.get(TenantFile.ADMIN)).append('\n');
        text.append(
                        "secrets:\n  # the one directory of /etc/llmproxy that this tenant's process sees\n  directories: [")
                .append(quoted(host.secrets(slug).toString()))
                .append("]\n");
        if (settings.keySet().stream().anyMatch(key -> key.startsWith("database."))) {
            text.append("database:\n");
            settings.forEach((key, value) -> {
                if (key.startsWith("database.")) {
                    text.append("  ")
                            .append(key.substring("database.".length()))
                            .append(": ");
                    text.append(quoted(value)).append('\n');
                }
            });
        }
        return text.toString();
    }

    private static String quoted(String value) {
        return "'" + value.replace("'", "''") + "'";
    }

    /** Whether one was made. One in the data directory or in the environment, of a service that ran before, goes on being the key. */
    private boolean masterKey(ProvisionFiles files) {
        Path key = host.masterKey(slug);
        String from = context.line().option("--master-key-file");
        boolean elsewhere = Files.exists(host.data(slug).resolve("master.key"))
                || TenantFile.environment(host.environment(slug)).containsKey(KEY_VARIABLE);
        if (Files.exists(key) || from == null && elsewhere) {
            if (from != null && !same(key, Path.of(from))) {
                throw new CliException(ExitCode.CONFLICT, "there is another master key in " + key + " already");
            }
            return false;
        }
        files.write(key, from == null ? newKey() : given(Path.of(from)), "r--------", false);
        return true;
    }

    private static String newKey() {
        byte[] bytes = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes) + "\n";
    }

    private static boolean same(Path one, Path other) {
        return given(one).equals(given(other));
    }

    private static String given(Path file) {
        try {
            String text = Files.readString(file).strip();
            if (Base64.getDecoder().decode(text).length == KEY_BYTES) {
                return text + "\n";
            }
        } catch (NoSuchFileException e) {
            throw CliException.usage("--master-key-file: there is no file " + file);
        } catch (IOException | IllegalArgumentException e) {
            // the same message as for one of another length: what it holds is not to be quoted
        }
        throw CliException.usage("--master-key-file: " + file + " holds no master key: base64 of 32 bytes is wanted");
    }

    /** How the service is, in a word. */
    private String start(ProvisionFiles files) {
        if (context.line().flag("--no-start")) {
            return "not started";
        }
        if (!host.runsSystemd()) {
            return "no systemd";
        }
        String unit = Host.unit(slug);
        boolean ran = running();
        Programs.Result started = programs.run("systemctl", "enable", "--now", unit);
        if (!started.fine()) {
            throw failed(files, ran, "`systemctl enable --now " + unit + "` failed: " + started.text());
        }
        String fault = await();
        if (fault != null) {
            throw failed(files, ran, unit + " was started, and is not ready: " + fault);
        }
        return "ready";
    }

    private boolean running() {
        return host.runsSystemd()
                && programs.run("systemctl", "is-active", "--quiet", Host.unit(slug))
                        .fine();
    }

    private CliException failed(ProvisionFiles files, boolean ran, String what) {
        String unit = Host.unit(slug);
        String log = programs.run("journalctl", "-u", unit, "-n", "10", "-o", "cat", "--no-pager")
                .text();
        StringBuilder text = new StringBuilder(what);
        if (!log.isEmpty()) {
            text.append("\nits log ends with\n  ")
                    .append(Text.printable(log.replace("\n", "\u0000")).replace("\u0000", "\n  "));
        }
        if (ran) {
            text.append("\nthe service was running before, and was left as it is");
        } else {
            programs.run("systemctl", "disable", "--now", unit);
            text.append("\nthe service was stopped and disabled again, and what was written was taken back")
                    .append(files.undo());
        }
        return new CliException(ExitCode.REFUSED, text.toString());
    }

    /** Why it is not ready after a minute; null: it is. */
    private @Nullable String await() {
        AdminClient client = new AdminClient(
                new Endpoint.UnixSocket(socket(), context.shell().peers()), Duration.ofSeconds(10));
        String fault = "";
        for (int i = 0; i < TRIES; i++) {
            try {
                int status = client.exchange("GET", ApiPath.raw("/health/ready"), null)
                        .status();
                if (status == 200) {
                    return null;
                }
                fault = "its health is " + status;
            } catch (CliException e) {
                fault = e.text();
            }
            if (!context.shell().pause().second()) {
                break;
            }
        }
        return fault;
    }

    private Path socket() {
        return context.shell().run().resolve(slug).resolve("admin.sock");
    }

    private ExitCode say(Map<String, String> settings, boolean changed, String service) {
        String gateway = Address.parse(settings.getOrDefault(TenantFile.GATEWAY, ""))
                .map(Address::url)
                .orElse("http://127.0.0.1:8080");
        ObjectNode made = Json.object()
                .put("slug", slug)
                .put("changed", changed)
                .put("service", service)
                .put("unit", Host.unit(slug))
                .put("gateway", gateway)
                .put("socket", socket().toString())
                .put("configuration", host.configuration(slug).toString());
        made.put("masterKey", masterKeyPlace());
        if (context.line().flag(GlobalOptions.QUIET) || context.output().format() != Format.TABLE) {
            context.output().one(made, VIEW);
        } else {
            new ProvisionReport(context, host, slug).print(made, changed, service, gateway);
        }
        return ExitCode.DONE;
    }

    private String masterKeyPlace() {
        if (Files.exists(host.masterKey(slug))) {
            return host.masterKey(slug).toString();
        }
        return TenantFile.environment(host.environment(slug)).containsKey(KEY_VARIABLE)
                ? KEY_VARIABLE + " in " + host.environment(slug)
                : host.data(slug).resolve("master.key").toString();
    }
}
