// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.plan;

import com.google.gson.JsonObject;
import com.google.gson.annotations.SerializedName;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.cli.command.PodNumbers;
import org.xenjava.toolstack.cli.output.Json;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.rehearsal.Rehearsal;
import org.xenjava.toolstack.rehearsal.RehearsalTrial;
import org.xenjava.toolstack.rehearsal.RehearsedMigration;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** A rehearsal as JSON. */
record RehearsalJson(
        Guest guest,
        List<Path> missingFiles,
        List<Policy> policies,
        List<JsonObject> trials,
        Optional<JsonObject> backedBoot) {
    record Guest(String name, String type, KiB memoryKib, KiB maxmemKib) {}

    record Policy(
            String policy,
            Optional<Pages> podTargetPages,
            @SerializedName("memory/target_kib") KiB target,
            Pages slackPages,
            boolean keepsItsPromise) {}

    record Migration(int passes, Pages copiedPages, Pages copiedSuspendedPages, int lostPages) {}

    static Migration of(RehearsedMigration result) {
        return new Migration(result.passes(), result.copied(), result.copiedSuspended(), result.lost());
    }

    static RehearsalJson of(Rehearsal rehearsal) {
        DomainConfig guest = rehearsal.guest();
        return new RehearsalJson(
                new Guest(guest.name(), guest.type().word(), guest.memory(), guest.maxMemory()),
                rehearsal.missingFiles(),
                rehearsal.terms().stream()
                        .map(terms -> new Policy(
                                terms.policy(),
                                terms.podTarget(),
                                terms.bootTarget(),
                                terms.slack(),
                                rehearsal.keepsItsPromise(terms)))
                        .toList(),
                rehearsal.trials().stream().map(RehearsalJson::trial).toList(),
                rehearsal.backedBoot().map(RehearsalJson::trial));
    }

    private static JsonObject trial(RehearsalTrial trial) {
        record Subject(
                String policy,
                String driver,
                Pages initialDebtPages,
                Pages balloonedPages,
                long shortfallPages,
                long sparePages) {}
        record Result(RehearsalTrial.Outcome outcome, Optional<String> console) {}
        return Json.join(
                new Subject(
                        trial.terms().policy(),
                        trial.driver().name(),
                        trial.initialDebt(),
                        trial.ballooned(),
                        trial.shortfallPages(),
                        trial.sparePages()),
                PodNumbers.of(trial.settled()),
                new Result(trial.outcome(), trial.crash()));
    }
}
