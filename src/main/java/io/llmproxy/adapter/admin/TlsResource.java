package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.ListenerCertificate;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.wire.admin.PageJson;
import io.llmproxy.wire.admin.TlsJson;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/tls}: the certificates of the listeners. */
final class TlsResource {
    private final Supplier<List<ListenerCertificate>> certificates;

    TlsResource(Supplier<List<ListenerCertificate>> certificates) {
        this.certificates = certificates;
    }

    List<AdminRoute> routes() {
        return List.of(route("GET", "/api/v1/tls", this::list));
    }

    private Answer list(AdminRequest r) {
        if (!r.actor().admin()) {
            throw AdminException.forbidden("the listeners of the installation are shown to its admins");
        }
        return Answer.ok(new PageJson<>(
                certificates.get().stream().map(TlsResource::json).toList(), null));
    }

    private static TlsJson json(ListenerCertificate c) {
        ListenerCertificate.@Nullable Clients clients = c.clients();
        @Nullable Instant until = clients == null ? null : Shapes.time(clients.until());
        return new TlsJson(
                c.listener(),
                c.file(),
                c.subject(),
                c.alternatives(),
                c.issuer(),
                c.serial(),
                c.fingerprint(),
                Shapes.time(c.notBefore()),
                Shapes.time(c.notAfter()),
                c.daysLeft(),
                c.keyType(),
                c.chain(),
                c.chainFault(),
                c.minVersion(),
                clients == null ? "none" : clients.required() ? "required" : "optional",
                clients == null ? null : clients.file(),
                clients == null ? List.of() : clients.subjects(),
                until,
                c.fault());
    }
}
