package io.llmproxy.gateway;

import io.llmproxy.gateway.resilience.ResilienceRules;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What an operator sets for the gateway; sizes in bytes.
 *
 * @param maxBody the largest body that is not multipart
 * @param maxUpload the largest multipart body
 * @param bodyMemory how much heap bodies of more than 64 KiB take up together; the rest of them is on disk
 * @param queryKey whether {@code ?key=} may carry the API key
 * @param sseKeepAlive after how much silence the client of an event stream gets a comment; zero: never
 * @param spoolDirectory where large bodies lie while their request runs; must exist and be this process's own
 * @param pricing what is done about the cost of requests
 * @param resilience what is done about failing providers
 */
public record GatewaySettings(
        long maxBody,
        long maxUpload,
        long bodyMemory,
        boolean queryKey,
        Duration sseKeepAlive,
        Path spoolDirectory,
        PricingRules pricing,
        ResilienceRules resilience) {

    /** With no cost told to clients, and none refused. */
    public GatewaySettings(
            long maxBody,
            long maxUpload,
            long bodyMemory,
            boolean queryKey,
            Duration sseKeepAlive,
            Path spoolDirectory) {
        this(maxBody, maxUpload, bodyMemory, queryKey, sseKeepAlive, spoolDirectory, PricingRules.DEFAULT);
    }

    /** With the usual handling of failing providers. */
    public GatewaySettings(
            long maxBody,
            long maxUpload,
            long bodyMemory,
            boolean queryKey,
            Duration sseKeepAlive,
            Path spoolDirectory,
            PricingRules pricing) {
        this(maxBody, maxUpload, bodyMemory, queryKey, sseKeepAlive, spoolDirectory, pricing, ResilienceRules.DEFAULT);
    }
}
