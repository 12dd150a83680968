package io.llmproxy.adapter.provider.support;

import io.llmproxy.port.ProviderCall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/** Whether a 403 speaks of the credential, in the words of the providers' references, or of something else. */
final class ForbiddenCredential {
    private static final int MOST = 16 * 1024;

    /** OpenAI and those like it, Anthropic, Google ({@code google.rpc.ErrorReason}), AWS. */
    private static final Pattern WORDS = Pattern.compile("invalid_api_key|incorrect api key|invalid api key"
            + "|api key (is|was|has been) (invalid|expired|disabled|revoked|reported as leaked|suspended)"
            + "|api_key_(invalid|expired|suspended|service_blocked|ip_address_blocked|http_referrer_blocked)"
            + "|consumer_(suspended|invalid)|billing_disabled|account_(deactivated|disabled|suspended)"
            + "|unrecognizedclient|invalidsignature|signaturedoesnotmatch|expiredtoken|invalidclienttokenid"
            + "|security token included in the request is (invalid|expired)");

    private ForbiddenCredential() {}

    /** Reads the answer's body as far as it takes; nobody else may read it afterwards. */
    static boolean blames(ProviderCall.Head head, ProviderCall call) {
        String type = head.headers().first("x-amzn-errortype").orElse("");
        if (WORDS.matcher(type.toLowerCase(Locale.ROOT)).find()) {
            return true;
        }
        try {
            String body = new String(call.body().readNBytes(MOST), StandardCharsets.UTF_8);
            return WORDS.matcher(body.toLowerCase(Locale.ROOT)).find();
        } catch (IOException e) {
            return false; // it says nothing, then
        }
    }
}
