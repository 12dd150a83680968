package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.gateway.proof.LimitProofReport;
import io.llmproxy.wire.admin.LimitProofJson;
import java.util.List;
import java.util.function.Supplier;

/** {@code /api/v1/prove}: proofs that the running appliance gives of itself. Asked for with POST, since they cost something. */
final class ProofResource {
    private static final int REQUESTS = 20_000;
    private static final int MAX_REQUESTS = 1_000_000;
    private static final int PARALLEL = 1000;
    /** One client alone never meets a limit of concurrency. */
    private static final int MIN_PARALLEL = 2;

    private static final int MAX_PARALLEL = 10_000;

    private final AdminServer.Proofs proofs;
    private final Supplier<ApplianceStatus> status;

    ProofResource(AdminServer.Proofs proofs, Supplier<ApplianceStatus> status) {
        this.proofs = proofs;
        this.status = status;
    }

    List<AdminRoute> routes() {
        // its answer is one of the moment, which is kept in memory, as those with secrets are: a proof leaves nothing
        // behind
        return List.of(route("POST", "/api/v1/prove/limits", this::limits).showingSecret());
    }

    private Answer limits(AdminRequest r) {
        if (!r.actor().admin()) {
            throw AdminException.forbidden(
                    "limits are proven by admins of the installation: the proof costs everybody");
        }
        Body body = r.body().only("requests", "parallel", "algorithm");
        int requests = between("requests", body.value("requests", Body::integer, REQUESTS), 1, MAX_REQUESTS);
        int parallel = between("parallel", body.value("parallel", Body::integer, PARALLEL), MIN_PARALLEL, MAX_PARALLEL);
        String algorithm = body.value("algorithm", Body::text);
        LimitAlgorithm only = algorithm == null ? null : LimitAlgorithm.parse("algorithm", algorithm);
        LimitProofReport report = proofs.limits(requests, parallel, only);
        ApplianceStatus now = status.get();
        return Answer.ok(new LimitProofJson(
                report.holds(),
                now.counters().store(),
                now.counters().processes(),
                report.answered(),
                report.refused(),
                report.failed(),
                report.milliseconds(),
                report.limits().stream().map(ProofResource::line).toList()));
    }

    private static int between(String field, int value, int min, int max) {
        if (value < min || value > max) {
            throw new InvalidValueException(field, "must be from " + min + " to " + max + "; got " + value);
        }
        return value;
    }

    private static LimitProofJson.OfLimit line(LimitProofReport.OfLimit one) {
        Limit limit = one.limit();
        return new LimitProofJson.OfLimit(
                limit.scope().word(),
                limit.metric().word(),
                LimitShapes.per(limit),
                LimitShapes.algorithm(limit),
                limit.metric().text(limit.amount()),
                limit.metric().text(one.peak()),
                limit.metric().text(one.granted()),
                limit.metric().text(one.used()),
                limit.metric().text(one.overrun()),
                limit.metric().text(one.refill()),
                one.refused(),
                one.holds());
    }
}
