package io.llmproxy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The tenants of all processes of this machine: of each socket below {@code /run/llmproxy}, and of each tenant that is
 * provisioned, whether its process runs or not.
 */
final class LocalTenants {
    static final View VIEW = new View(
            "slug",
            Column.text("slug", "slug"),
            Column.status("state", "state"),
            Column.text("version", "version"),
            Column.text("gateway", "gateway"),
            Column.text("socket", "socket"),
            Column.text("unit", "unit"),
            Column.text("unit state", "unitState"));

    private static final String ALL = "_all";
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Shell shell;
    private final Host host;

    LocalTenants(Shell shell) {
        this.shell = shell;
        this.host = shell.host();
    }

    /** The directories of sockets, by the names of their tenants; {@code _all} is that of a process for all. */
    private List<String> sockets() {
        List<String> names = new ArrayList<>();
        try (Stream<Path> directories = Files.list(shell.run())) {
            for (Path directory : directories.toList()) {
                if (Files.exists(directory.resolve("admin.sock"))) {
                    names.add(String.valueOf(directory.getFileName()));
                }
            }
        } catch (IOException e) {
            // nothing ever ran here as a service
        }
        names.sort(null);
        return names;
    }

    /** Whether sockets of single tenants are here, so that one server cannot answer for all. */
    boolean several() {
        return sockets().stream().anyMatch(name -> !name.equals(ALL));
    }

    /** Asks each process; blocks up to some seconds for one that hangs. */
    List<JsonNode> rows() {
        TreeSet<String> names = new TreeSet<>(sockets());
        names.addAll(TenantFile.tenants(host.etc()));
        List<JsonNode> rows = new ArrayList<>();
        for (String name : names) {
            rows.addAll(rows(name));
        }
        return rows;
    }

    private List<ObjectNode> rows(String name) {
        Path socket = shell.run().resolve(name).resolve("admin.sock");
        ObjectNode row = Json.object()
                .put("slug", name.equals(ALL) ? "*" : name)
                .put("state", "down")
                .putNull("version")
                .putNull("gateway")
                .put("socket", socket.toString())
                .put("unit", Host.unit(name))
                .put("unitState", unitState(Host.unit(name)));
        List<ObjectNode> rows = new ArrayList<>();
        if (!Files.exists(socket)) {
            rows.add(row.putNull("socket"));
            return rows;
        }
        AdminClient client = new AdminClient(new Endpoint.UnixSocket(socket, shell.peers()), PATIENCE);
        try {
            JsonNode status = client.get(ApiPath.of("status"));
            boolean ready =
                    client.exchange("GET", ApiPath.raw("/health/ready"), null).status() == 200;
            row.set("version", status.path("version"));
            row.set("gateway", status.path("gateway"));
            row.put("state", !ready ? "not ready" : status.path("problems").isEmpty() ? "ready" : "problems");
            if (Json.text(status.path("tenant")).equals("*")) {
                client.list(ApiPath.of("tenants").with("limit", "1000"))
                        .forEach(tenant -> rows.add(ofProcessForAll(row, tenant)));
            }
        } catch (CliException e) {
            row.put("state", state(e));
        }
        if (rows.isEmpty()) {
            rows.add(row);
        }
        return rows;
    }

    private static ObjectNode ofProcessForAll(ObjectNode process, JsonNode tenant) {
        ObjectNode row = process.deepCopy();
        row.set("slug", tenant.path("slug"));
        if (Json.text(tenant.path("status")).equals("suspended")) {
            row.put("state", "suspended");
        }
        return row;
    }

    private static String state(CliException e) {
        if (e.text().contains("permission denied")) {
            return "no access";
        }
        return e.code() == ExitCode.NO_SERVER ? "down" : "unknown";
    }

    private String unitState(String unit) {
        if (!host.runsSystemd()) {
            return "none";
        }
        String text =
                new Programs(shell.env()).run("systemctl", "is-active", unit).text();
        return text.lines().findFirst().map(Text::printable).orElse("unknown");
    }
}
