package io.llmproxy.gateway;

import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.port.CurrentRequest;
import io.llmproxy.port.EndedRequest;
import io.llmproxy.port.RequestListener;
import io.llmproxy.port.Telemetry;

/**
 * Serves LLM requests: the entrance for whatever listens to clients. Thread-safe.
 *
 * @param pipeline what a request goes through
 * @param inFlight what runs: to be counted, drained and cut
 * @param lastUse when keys were last used
 * @param passed how often limits were passed that do not refuse
 * @param bodyMemory the heap that large bodies share
 * @param health how providers do
 * @param telemetry counts what never became a request of the pipeline
 * @param audience who hears of requests that ended
 * @param dryRun decides on requests that nobody sent
 */
public record Gateway(
        Pipeline pipeline,
        InFlight inFlight,
        LastUse lastUse,
        PassedLimits passed,
        BodyMemory bodyMemory,
        HealthBoard health,
        Telemetry telemetry,
        Audience audience,
        DryRun dryRun) {
    /** Serves one request to its end, whatever that is; returns when the answer is out and accounted for. Never throws. */
    public void serve(ClientRequest request, ResponseSink sink) {
        Exchange x = new Exchange(request, sink);
        ScopedValue.where(CurrentRequest.SCOPE, x).run(() -> pipeline.handle(x));
    }

    /** Whatever listens to clients has refused this one itself, as it could not be read or not be trusted; waits for nothing. */
    public void refused(EndedRequest request) {
        telemetry.refusedUnknown(request.status());
        RequestListener listener = audience.now();
        if (listener.listening()) {
            listener.ended(request);
        }
    }
}
