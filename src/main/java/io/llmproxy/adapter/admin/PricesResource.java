package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminCommand.DeletePrice;
import io.llmproxy.admin.AdminCommand.ImportPrices;
import io.llmproxy.admin.AdminCommand.SetPrice;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.admin.PriceQueries;
import io.llmproxy.admin.PriceView;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.usage.PriceList;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.domain.usage.PriceScope;
import io.llmproxy.domain.usage.Rate;
import io.llmproxy.domain.usage.Rates;
import io.llmproxy.domain.usage.Usd;
import io.llmproxy.wire.admin.PageJson;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code /api/v1/tenants/SLUG/prices}, and {@code /api/v1/prices} for those of the whole installation. */
final class PricesResource {
    private static final String OF_TENANT = "/api/v1/tenants/{tenant}/prices";
    private static final String OF_ALL = "/api/v1/prices";
    private static final String MODEL = "model";
    private static final String VALID_FROM = "validFrom";
    private static final long MAX_SIZE = 1_000_000_000;

    private final CommandExecutor executor;
    private final PriceQueries queries;
    private final Shapes shapes;
    private final InstantSource clock;

    PricesResource(CommandExecutor executor, PriceQueries queries, Shapes shapes, InstantSource clock) {
        this.executor = executor;
        this.queries = queries;
        this.shapes = shapes;
        this.clock = clock;
    }

    List<AdminRoute> routes() {
        List<AdminRoute> routes = new ArrayList<>();
        // before the routes of single prices, which would take the word for an id
        routes.add(route("GET", OF_TENANT + "/effective", this::effective)
                .taking(MODEL, "provider", "at")
                .forTenantAdmins());
        routes.add(route("GET", OF_ALL + "/catalogue", this::catalogue).paged().forTenantAdmins());
        routes.addAll(AdminRoute.forTenantAdmins(routes(OF_TENANT)));
        routes.addAll(routes(OF_ALL));
        return routes;
    }

    private List<AdminRoute> routes(String all) {
        String one = all + "/{price}";
        return List.of(
                route("GET", all, this::list).paged(),
                route("POST", all, this::set),
                route("POST", all + "/import", this::importAll),
                route("GET", one, this::show),
                route("DELETE", one, this::delete));
    }

    private Answer list(AdminRequest r) {
        return page(queries.prices(r.actor(), r.optional("tenant"), r.page()));
    }

    private Answer catalogue(AdminRequest r) {
        return page(queries.catalogue(r.actor(), r.page()));
    }

    private static Answer page(Page<PriceView> page) {
        return Answer.ok(new PageJson<>(page.map(PriceShapes::price).items(), Cursors.encode(page.next())));
    }

    private Answer effective(AdminRequest r) {
        String model = r.query(MODEL);
        if (model == null || model.isBlank()) {
            throw Problem.invalid("model: must be given");
        }
        Instant at = Moments.parse("at", r.query("at"), clock.instant());
        return Answer.ok(
                PriceShapes.price(queries.effective(r.actor(), r.variable("tenant"), model, r.query("provider"), at)));
    }

    private Answer show(AdminRequest r) {
        return Answer.ok(PriceShapes.price(queries.price(r.actor(), r.optional("tenant"), id(r))));
    }

    private Answer set(AdminRequest r) {
        return execute(201, r, new SetPrice(r.optional("tenant"), row(r.body())));
    }

    private Answer importAll(AdminRequest r) {
        Body body = r.body().only("prices", VALID_FROM, "dryRun");
        List<PriceRow> rows = PriceList.parse(body.required("prices", Body::text), validFrom(body));
        if (body.value("dryRun", Body::bool, false)) {
            return Answer.ok(PriceShapes.imported(true, queries.preview(r.actor(), r.optional("tenant"), rows)));
        }
        return execute(200, r, new ImportPrices(r.optional("tenant"), rows));
    }

    private Answer delete(AdminRequest r) {
        return execute(204, r, new DeletePrice(r.optional("tenant"), id(r)));
    }

    private static UUID id(AdminRequest r) {
        String text = r.variable("price");
        if (!Ids.isUuid(text)) {
            throw AdminException.notFound("price", text);
        }
        return UUID.fromString(text);
    }

    private PriceRow row(Body body) {
        List<String> known =
                new ArrayList<>(List.of("provider", "type", MODEL, VALID_FROM, "contextTokens", "maxOutputTokens"));
        for (Rate rate : Rate.values()) {
            known.add(field(rate));
        }
        body.only(known.toArray(String[]::new));
        return row(body, validFrom(body));
    }

    static PriceRow row(Body body, Instant validFrom) {
        return new PriceRow(
                new PriceScope(
                        body.value("provider", Body::text),
                        body.value("type", Body::text),
                        body.required(MODEL, Readers::glob)),
                validFrom,
                Rates.of(rate -> picos(body, rate)),
                body.value("contextTokens", PricesResource::size, 0L),
                body.value("maxOutputTokens", PricesResource::size, 0L));
    }

    private static long picos(Body body, Rate rate) {
        String field = field(rate);
        return body.value(field, (name, node) -> rate.parse(name, Body.text(name, node)), Usd.UNKNOWN);
    }

    /** {@code cache-read} as {@code cacheRead}. */
    static String field(Rate rate) {
        int dash = rate.word().indexOf('-');
        return dash < 0
                ? rate.word()
                : rate.word().substring(0, dash)
                        + Character.toUpperCase(rate.word().charAt(dash + 1))
                        + rate.word().substring(dash + 2);
    }

    private static long size(String field, JsonNode node) {
        if (!node.isIntegralNumber() || !node.canConvertToLong()) {
            throw new InvalidValueException(field, "must be a whole number");
        }
        long tokens = node.longValue();
        if (tokens < 1 || tokens > MAX_SIZE) {
            throw new InvalidValueException(field, "must be from 1 to " + MAX_SIZE + "; got " + tokens);
        }
        return tokens;
    }

    private Instant validFrom(Body body) {
        @Nullable
        Instant given = body.value(VALID_FROM, (field, node) -> PriceList.time(field, Body.text(field, node)));
        // what both databases keep
        return (given == null ? clock.instant() : given).truncatedTo(ChronoUnit.MICROS);
    }

    private Answer execute(int status, AdminRequest r, AdminCommand command) {
        return shapes.answer(status, executor.execute(r.actor(), command));
    }
}
