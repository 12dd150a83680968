package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.DeletePrice;
import io.llmproxy.admin.AdminCommand.ImportPrices;
import io.llmproxy.admin.AdminCommand.SetPrice;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.PriceList;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.domain.usage.Rate;
import io.llmproxy.domain.usage.Usd;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Commands about prices. What a tenant-admin sets holds for the tenant's own providers: the bill of shared ones, and limits on it,
 * are the installation's. What an admin set is changed by an admin alone.
 */
final class PriceAdmin {
    private final AdminStores stores;
    private final TenantAccess access;

    PriceAdmin(AdminStores stores, TenantAccess access) {
        this.stores = stores;
        this.access = access;
    }

    Work set(Actor actor, SetPrice c, Instant now) {
        return () -> {
            Tenant owner = access.ownerOfPrices(actor, c.tenant());
            List<PriceOverlay> present = stores.prices().all(id(owner));
            List<PriceOverlay> replaced = present.stream()
                    .filter(p -> p.row().scope().equals(c.row().scope())
                            && p.row().validFrom().equals(c.row().validFrom()))
                    .toList();
            replaced.forEach(same -> replace(actor, same));
            Details details = details(c.row());
            replaced.forEach(same -> details.since(details(same.row())));
            checkRoom(present.size() + 1);
            PriceOverlay made = overlay(actor, owner, c.row(), now);
            stores.prices().insert(List.of(made));
            return new Work.Done(
                    new CommandResult.OfPrice(view(owner, made)), owner, "price.set", target(made.row()), details);
        };
    }

    Work importAll(Actor actor, ImportPrices c, Instant now) {
        return () -> {
            Tenant owner = access.ownerOfPrices(actor, c.tenant());
            List<PriceOverlay> present = stores.prices().all(id(owner));
            PriceDiff diff = PriceDiff.of(present, c.rows());
            checkRoom(present.size() + diff.changes().size());
            diff.changes().stream()
                    .map(PriceDiff.Change::replaces)
                    .filter(Objects::nonNull)
                    .forEach(same -> replace(actor, same));
            stores.prices()
                    .insert(diff.changes().stream()
                            .map(change -> overlay(actor, owner, change.row(), now))
                            .toList());
            Details details = new Details()
                    .put("added", diff.added())
                    .put("changed", diff.changed())
                    .put("unchanged", diff.unchanged());
            return new Work.Done(new CommandResult.PricesImported(diff), owner, "price.import", "prices", details);
        };
    }

    Work delete(Actor actor, DeletePrice c) {
        return () -> {
            Tenant owner = access.ownerOfPrices(actor, c.tenant());
            PriceOverlay price = stores.prices().all(id(owner)).stream()
                    .filter(p -> p.id().equals(c.price()))
                    .findFirst()
                    .orElseThrow(
                            () -> AdminException.notFound("price", c.price().toString()));
            replace(actor, price);
            return new Work.Done(
                    new CommandResult.Deleted(),
                    owner,
                    "price.delete",
                    target(price.row()),
                    Details.none().since(details(price.row())));
        };
    }

    private void replace(Actor actor, PriceOverlay before) {
        if (!actor.admin() && !before.ownOnly()) {
            throw AdminException.forbidden("the price of `" + before.row().scope()
                    + "` was set by an admin of the installation; only an admin may change it");
        }
        stores.prices().delete(List.of(before.id()));
    }

    private static void checkRoom(int rows) {
        if (rows > PriceList.MAX_ROWS) {
            throw AdminException.conflict("there would be " + rows + " prices; at most " + PriceList.MAX_ROWS
                    + " are kept: delete those that no longer count");
        }
    }

    private static PriceOverlay overlay(Actor actor, @Nullable Tenant owner, PriceRow row, Instant now) {
        return new PriceOverlay(Ids.next(now), id(owner), !actor.admin(), row, now);
    }

    private static @Nullable UUID id(@Nullable Tenant owner) {
        return owner == null ? null : owner.id();
    }

    static PriceView view(@Nullable Tenant owner, PriceOverlay overlay) {
        return new PriceView(
                owner == null ? PriceView.Origin.INSTALLATION : PriceView.Origin.TENANT,
                owner,
                overlay.price(),
                overlay.createdAt());
    }

    private static String target(PriceRow row) {
        return "price/" + row.scope();
    }

    private static Details details(PriceRow row) {
        Details details = new Details().put("validFrom", row.validFrom());
        for (Rate rate : Rate.values()) {
            long picos = row.rates().of(rate);
            details.put(rate.word(), picos == Usd.UNKNOWN ? null : rate.format(picos));
        }
        return details;
    }
}
