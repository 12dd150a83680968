package io.llmproxy.adapter.admin;

import io.llmproxy.admin.PriceDiff;
import io.llmproxy.admin.PriceView;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.domain.usage.PriceScope;
import io.llmproxy.domain.usage.Rate;
import io.llmproxy.domain.usage.Usd;
import io.llmproxy.wire.admin.PriceJson;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts prices into the shapes of the admin API. */
final class PriceShapes {
    private PriceShapes() {}

    static PriceJson price(PriceView view) {
        PriceRow row = view.price().row();
        PriceScope scope = row.scope();
        Tenant owner = view.owner();
        Instant created = view.createdAt();
        return new PriceJson(
                view.price().id(),
                view.origin().word(),
                owner == null ? null : owner.slug(),
                scope.provider(),
                scope.type(),
                scope.model().pattern(),
                Shapes.time(row.validFrom()),
                usd(row, Rate.INPUT),
                usd(row, Rate.OUTPUT),
                usd(row, Rate.CACHE_READ),
                usd(row, Rate.CACHE_WRITE),
                usd(row, Rate.REASONING),
                usd(row, Rate.AUDIO_INPUT),
                usd(row, Rate.AUDIO_OUTPUT),
                usd(row, Rate.PER_REQUEST),
                size(row.contextTokens()),
                size(row.maxOutputTokens()),
                created == null ? null : Shapes.time(created));
    }

    private static @Nullable String usd(PriceRow row, Rate rate) {
        long picos = row.rates().of(rate);
        return picos == Usd.UNKNOWN ? null : rate.format(picos);
    }

    private static @Nullable Long size(long tokens) {
        return tokens == 0 ? null : tokens;
    }

    static PriceJson.Imported imported(boolean dryRun, PriceDiff diff) {
        return new PriceJson.Imported(
                dryRun,
                diff.added(),
                diff.changed(),
                diff.unchanged(),
                diff.changes().stream().map(PriceShapes::change).toList());
    }

    private static PriceJson.Change change(PriceDiff.Change change) {
        PriceRow row = change.row();
        PriceRow before = change.before();
        return new PriceJson.Change(
                before == null ? "add" : "change",
                row.scope().provider(),
                row.scope().type(),
                row.scope().model().pattern(),
                Shapes.time(row.validFrom()),
                before == null ? null : terms(before),
                terms(row));
    }

    private static Map<String, String> terms(PriceRow row) {
        Map<String, String> terms = new LinkedHashMap<>();
        for (Rate rate : Rate.values()) {
            String usd = usd(row, rate);
            if (usd != null) {
                terms.put(rate.word(), usd);
            }
        }
        if (row.contextTokens() > 0) {
            terms.put("context", Long.toString(row.contextTokens()));
        }
        if (row.maxOutputTokens() > 0) {
            terms.put("max-output", Long.toString(row.maxOutputTokens()));
        }
        return terms;
    }
}
