package io.llmproxy.adapter.admin;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.llmproxy.domain.identity.Actor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Takes every request of one listener: finds its operation, lets it answer, and turns refusals into problems. */
final class AdminHandler implements Handler {
    static final int MAX_BODY = 1 << 20;

    /** Of what says everything at once. */
    static final int LARGEST_BODY = 16 << 20;

    private static final Logger LOG = System.getLogger(AdminHandler.class.getName());
    private static final HeaderName IDEMPOTENCY_KEY = HeaderNames.create("Idempotency-Key");
    private static final HeaderName REPLAYED = HeaderNames.create("idempotency-replayed");
    private static final HeaderName SHOULD_RETRY = HeaderNames.create("x-should-retry");
    private final RouteTable table;
    private final AdminIdempotency once;
    private final boolean local;
    private final boolean secure;
    private final Function<ServerRequest, Optional<Actor>> callers;

    /** Of the socket, whose callers the kernel names. */
    static AdminHandler ofSocket(RouteTable table, AdminIdempotency once) {
        return new AdminHandler(table, once, true, false, AdminHandler::named);
    }

    /**
     * @param local whether this is the socket
     * @param secure whether it is reached by TLS
     * @param callers who is calling; empty: nobody can be known there. it may refuse by a Problem or an
     *     AdminException, and is not asked where anybody may call
     */
    AdminHandler(
            RouteTable table,
            AdminIdempotency once,
            boolean local,
            boolean secure,
            Function<ServerRequest, Optional<Actor>> callers) {
        this.table = table;
        this.once = once;
        this.local = local;
        this.secure = secure;
        this.callers = callers;
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        send(request, response, answer(request));
    }

    private Answer answer(ServerRequest request) {
        try {
            return routed(request);
        } catch (RequestException | HttpException | CloseConnectionException e) {
            throw e; // the server's own: it knows what to do with the connection
        } catch (RuntimeException e) {
            Answer refusal = Problem.of(e);
            if (refusal != null) {
                return refusal;
            }
            LOG.log(Level.ERROR, "event 6005: answering a request of the admin API failed", e);
            return Problem.answer(500, "internal", "the server failed; its log says why");
        }
    }

    private Answer routed(ServerRequest request) {
        String path = request.prologue().uriPath().rawPath();
        String method = request.prologue().method().text();
        boolean anybody = open(method, path);
        Optional<Actor> caller = !local && anybody ? Optional.empty() : callers.apply(request);
        if (!local && caller.isEmpty() && !anybody) {
            throw new Problem(
                    401,
                    "authentication_required",
                    "administration over TCP needs configured authentication, and there is none;"
                            + " use the admin socket, as llmproxyctl does");
        }
        if (local && caller.isEmpty()) {
            throw new Problem(403, "forbidden", "the kernel does not say who is calling, so the call is refused");
        }
        RouteTable.Match match = table.find(method, path);
        caller.ifPresent(match.route()::check);
        Map<String, String> query =
                RouteTable.query(match.route(), request.prologue().query().rawValue());
        AdminRequest asked = new AdminRequest(
                caller,
                match.variables(),
                query,
                () -> content(request, match.route().maxBody()));
        return AdminIdempotency.concerns(method)
                ? changed(request, match.route(), asked)
                : match.route().endpoint().answer(asked);
    }

    private Answer changed(ServerRequest request, AdminRoute route, AdminRequest asked) {
        String key = key(request);
        AdminIdempotency.check(key, !local);
        if (key == null || route.streams()) {
            return route.endpoint().answer(asked);
        }
        byte[] content = asked.content().get();
        String query = request.prologue().query().rawValue();
        AdminIdempotency.Change change = new AdminIdempotency.Change(
                asked.actor(),
                request.prologue().method().text(),
                request.prologue().uriPath().rawPath() + (query.isEmpty() ? "" : "?" + query),
                AdminIdempotency.fingerprint(content),
                key,
                !local);
        AdminRequest again = new AdminRequest(asked.caller(), asked.variables(), asked.query(), () -> content);
        return once.answer(change, route.secret(), () -> route.endpoint().answer(again));
    }

    /** Two fields are one with a comma in it, which is no UUID. */
    private static @Nullable String key(ServerRequest request) {
        return request.headers().contains(IDEMPOTENCY_KEY)
                ? String.join(",", request.headers().get(IDEMPOTENCY_KEY).allValues())
                : null;
    }

    private boolean open(String method, String path) {
        try {
            return table.find(method, path).route().open();
        } catch (Problem e) {
            return false;
        }
    }

    /** By the kernel. */
    private static Optional<Actor> named(ServerRequest request) {
        return request.remotePeer() instanceof LocalPeer peer ? peer.actor() : Optional.empty();
    }

    /** The listener's own limit comes first where the length is declared; this one holds for the rest. */
    private static byte[] content(ServerRequest request, int most) {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        try {
            InputStream in = request.content().inputStream();
            byte[] bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw tooLarge(most);
            }
            return bytes;
        } catch (RequestException | Problem e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // what is left on the connection would be taken for a request of its own
            throw new CloseConnectionException("reading the request failed", e);
        }
    }

    static Problem tooLarge(int most) {
        return new Problem(413, "too_large", "the body is larger than " + (most >> 20) + " MiB");
    }

    private void send(ServerRequest request, ServerResponse response, Answer answer) {
        response.status(Status.create(answer.status()));
        SafeHeaders.add(response::header, secure);
        if (answer.status() == 401) {
            response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer realm=\"llmproxy\"");
        }
        if (answer.replayed()) {
            response.header(REPLAYED, "true");
        }
        if (answer.status() == 409) {
            // clients that retry conflicts by themselves would meet the same one
            response.header(SHOULD_RETRY, "false");
        }
        if (answer.status() == 204) {
            response.send();
            return;
        }
        response.header(HeaderNames.CONTENT_TYPE, answer.contentType());
        Answer.Content content = answer.content();
        if (content != null) {
            stream(response, content);
        } else if (request.prologue().method().text().equals("HEAD")) {
            response.send();
        } else {
            response.send(answer.body());
        }
    }

    /** What fails in the middle ends the connection without the body's end, so that nobody takes a part for the whole. */
    private static void stream(ServerResponse response, Answer.Content content) {
        try {
            OutputStream out = response.outputStream();
            content.write(out);
            out.close();
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.WARNING, "event 6862: a backup was not written to its end", e);
            throw new CloseConnectionException("writing a backup failed", e);
        }
    }
}
