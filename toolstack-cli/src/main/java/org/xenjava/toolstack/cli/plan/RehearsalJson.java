// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Locale;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.rehearsal.PolicyTerms;
import org.xenjava.toolstack.rehearsal.Rehearsal;
import org.xenjava.toolstack.rehearsal.RehearsalTrial;

/** A rehearsal as a program reads it. */
final class RehearsalJson {
    private RehearsalJson() {}

    static JsonObject of(Rehearsal rehearsal) {
        JsonObject json = new JsonObject();
        json.add("guest", guest(rehearsal.guest()));
        json.add("missing_files", Json.array(rehearsal.missingFiles(), file -> new JsonPrimitive(file.toString())));
        json.add("policies", Json.array(rehearsal.terms(), terms -> policy(terms, rehearsal.keepsItsPromise(terms))));
        json.add("trials", Json.array(rehearsal.trials(), RehearsalJson::trial));
        return json;
    }

    private static JsonObject guest(DomainConfig config) {
        JsonObject json = new JsonObject();
        json.addProperty("name", config.name());
        json.addProperty("type", config.type().word());
        json.addProperty("memory_kib", config.memory().value());
        json.addProperty("maxmem_kib", config.maxMemory().value());
        return json;
    }

    private static JsonObject policy(PolicyTerms terms, boolean kept) {
        JsonObject json = new JsonObject();
        json.addProperty("policy", terms.policy());
        json.addProperty(
                "pod_target_pages",
                terms.podTarget().map(target -> target.count()).orElse(null));
        json.addProperty("memory/target_kib", terms.bootTarget().value());
        json.addProperty("slack_pages", terms.slack().count());
        json.addProperty("keeps_its_promise", kept);
        return json;
    }

    private static JsonObject trial(RehearsalTrial trial) {
        JsonObject json = new JsonObject();
        json.addProperty("policy", trial.terms().policy());
        json.addProperty("driver", trial.driver().name());
        json.addProperty("initial_debt_pages", trial.initialDebt().count());
        json.addProperty("ballooned_pages", trial.ballooned().count());
        json.addProperty("shortfall_pages", trial.shortfallPages());
        json.addProperty("spare_pages", trial.sparePages());
        json.addProperty("tot_pages", trial.settled().totPages().count());
        json.addProperty("pod_cache_pages", trial.settled().cache().count());
        json.addProperty("pod_entries", trial.settled().entries().count());
        json.addProperty("debt", trial.settled().debtPages());
        json.addProperty("outcome", trial.outcome().name().toLowerCase(Locale.ROOT));
        json.addProperty("console", trial.crash().orElse(null));
        return json;
    }
}
