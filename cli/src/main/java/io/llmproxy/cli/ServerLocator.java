package io.llmproxy.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the server: what was named, else the first living socket of the usual places. */
final class ServerLocator {
    private static final int MAX_TOKEN = 16 << 10;

    private final Line line;
    private final Shell shell;
    private final @Nullable String tenant;

    ServerLocator(Line line, Shell shell, @Nullable String tenant) {
        this.line = line;
        this.shell = shell;
        this.tenant = tenant;
    }

    /** Whether the line or the environment says which server is meant. */
    static boolean named(Context c) {
        return c.line().has(GlobalOptions.SOCKET)
                || c.line().has(GlobalOptions.URL)
                || c.namedTenant() != null
                || !c.shell().env().getOrDefault("LLMPROXY_SOCKET", "").isEmpty()
                || !c.shell().env().getOrDefault("LLMPROXY_URL", "").isEmpty();
    }

    /** Blocks while it tries sockets. */
    Endpoint locate() {
        String socket = line.option(GlobalOptions.SOCKET);
        String url = line.option(GlobalOptions.URL);
        if (socket != null && url != null) {
            throw CliException.usage("--socket and --url name two servers; give one");
        }
        if (socket != null) {
            return named(socket, GlobalOptions.SOCKET);
        }
        if (url != null) {
            return byUrl(url, GlobalOptions.URL);
        }
        String socketOfEnv = shell.env().getOrDefault("LLMPROXY_SOCKET", "");
        String urlOfEnv = shell.env().getOrDefault("LLMPROXY_URL", "");
        if (!socketOfEnv.isEmpty()) {
            return named(socketOfEnv, "LLMPROXY_SOCKET");
        }
        return urlOfEnv.isEmpty() ? search() : byUrl(urlOfEnv, "LLMPROXY_URL");
    }

    private Endpoint.UnixSocket named(String text, String by) {
        Endpoint.UnixSocket socket = new Endpoint.UnixSocket(path(text, by), shell.peers());
        String fault = fault(socket);
        if (fault != null) {
            throw new CliException(
                    ExitCode.NO_SERVER,
                    "no server at " + text + " (named by " + by + "): " + fault + "\n" + HOW_TO_START);
        }
        return socket;
    }

    private static final String HOW_TO_START =
            "start one with `llmproxy serve` (as a service: `systemctl start llmproxy@TENANT`), or name its socket with --socket PATH";

    private Endpoint search() {
        List<Path> places = new ArrayList<>();
        if (tenant != null) {
            places.add(shell.run().resolve(tenant).resolve("admin.sock"));
        }
        places.add(shell.run().resolve("_all/admin.sock"));
        places.add(shell.here().resolve("llmproxy-data/admin.sock"));
        StringBuilder tried = new StringBuilder("no llmproxy server found; tried");
        for (Path place : places) {
            Endpoint.UnixSocket socket = new Endpoint.UnixSocket(place, shell.peers());
            String fault = fault(socket);
            if (fault == null) {
                return socket;
            }
            tried.append("\n  ").append(place).append(": ").append(fault);
        }
        throw new CliException(
                ExitCode.NO_SERVER, tried.append('\n').append(HOW_TO_START).toString());
    }

    /** Why nobody answers there, or null where somebody does. */
    private static @Nullable String fault(Endpoint.UnixSocket socket) {
        if (Files.notExists(socket.path())) {
            return "there is no such file";
        }
        try {
            socket.open(Duration.ofSeconds(5)).close();
            return null;
        } catch (IOException e) {
            return reason(e);
        }
    }

    private static Path path(String text, String by) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw CliException.usage(by + " is no path: '" + text + "'");
        }
    }

    private Endpoint byUrl(String text, String by) {
        URI uri = uri(text, by);
        String file = line.option(GlobalOptions.TOKEN_FILE);
        if (file != null && uri.getScheme().equals("http") && !loopback(uri.getHost())) {
            shell.err().println("llmproxyctl: warning: the token goes to " + uri.getHost() + " unencrypted; use https");
        }
        String authorities = line.option(GlobalOptions.SERVER_CA_FILE);
        return new Endpoint.Url(
                uri,
                file == null ? null : token(path(file, GlobalOptions.TOKEN_FILE)),
                authorities == null ? null : path(authorities, GlobalOptions.SERVER_CA_FILE));
    }

    private static URI uri(String text, String by) {
        try {
            URI uri = new URI(text);
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            boolean plain = uri.getHost() != null && uri.getRawUserInfo() == null;
            if (http && plain && uri.getRawQuery() == null && uri.getRawFragment() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // the same message as for a URL of another kind
        }
        throw CliException.usage(by + ": no URL such as https://host:8081");
    }

    private static boolean loopback(String host) {
        return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
    }

    private static String token(Path file) {
        String token;
        try {
            if (Files.size(file) > MAX_TOKEN) {
                throw CliException.usage("--token-file: " + file + " is too large for a token");
            }
            token = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            throw CliException.usage(
                    "--token-file: cannot read " + file + ": " + e.getClass().getSimpleName());
        }
        if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c >= 127)) {
            throw CliException.usage(
                    "--token-file: " + file + " holds no token: one line of printable ASCII is wanted");
        }
        return token;
    }

    /** An I/O failure in words. */
    static String reason(IOException e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return switch (e) {
            case UnknownHostException u -> "the host is unknown: " + message;
            case ConnectException c -> "nobody listens there (" + message + ")";
            case SocketTimeoutException t -> message;
            case SocketException s
            when message.contains("denied") ->
                "permission denied: only root, the service's user and the members of its admin.socket-group may connect";
            default -> message;
        };
    }
}
