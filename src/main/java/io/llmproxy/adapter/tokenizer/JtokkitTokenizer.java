package io.llmproxy.adapter.tokenizer;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import io.llmproxy.domain.usage.TokenEncoding;
import io.llmproxy.port.Tokenizer;

/** Counts by JTokkit, whose tables are read when first needed: some 25 MB of heap for o200k_base, 12 MB for cl100k_base. */
public final class JtokkitTokenizer implements Tokenizer {
    /** One for the process, made at the first count: most installations never need one. */
    private static final class Tables {
        static final EncodingRegistry REGISTRY = Encodings.newLazyEncodingRegistry();
    }

    @Override
    public int count(TokenEncoding encoding, String text) {
        return Tables.REGISTRY.getEncoding(type(encoding)).countTokensOrdinary(text);
    }

    private static EncodingType type(TokenEncoding encoding) {
        return switch (encoding) {
            case O200K_BASE -> EncodingType.O200K_BASE;
            case CL100K_BASE -> EncodingType.CL100K_BASE;
        };
    }
}
