// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The findings on a real Xen. Its file has one cell on each line.
 *
 * @param command what measured it
 * @param date when, in UTC
 * @param xen the release
 * @param findings by cell, in the order of the matrix
 */
public record Measurement(String command, String date, String xen, Map<Cell, Finding> findings) {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    public Measurement {
        findings = Collections.unmodifiableMap(new LinkedHashMap<>(findings));
    }

    /** What was found of a cell, if it was tried. */
    public Optional<Finding> of(Cell cell) {
        return Optional.ofNullable(findings.get(cell));
    }

    /** Whether guests of that type were tried. */
    boolean has(DomainType type) {
        return findings.keySet().stream().anyMatch(cell -> cell.type() == type);
    }

    /** Reads a file that {@link #write} has written. */
    public static Measurement read(Path file) {
        try {
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            Map<Cell, Finding> findings = new LinkedHashMap<>();
            for (JsonElement element : json.getAsJsonArray("cells")) {
                JsonObject cell = element.getAsJsonObject();
                findings.put(cell(cell), finding(cell));
            }
            return new Measurement(
                    json.get("command").getAsString(),
                    json.get("date").getAsString(),
                    json.get("xen").getAsString(),
                    findings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes it to a file. */
    public void write(Path file) {
        JsonObject head = new JsonObject();
        head.addProperty("command", command);
        head.addProperty("date", date);
        head.addProperty("xen", xen);
        head.add("cells", new JsonArray());
        String cells = findings.entrySet().stream()
                .map(entry -> "  " + GSON.toJson(json(entry.getKey(), entry.getValue())))
                .collect(Collectors.joining(",\n"));
        try {
            Files.writeString(file, GSON.toJson(head).replace("[]", "[\n" + cells + "\n]") + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonObject json(Cell cell, Finding finding) {
        JsonObject json = new JsonObject();
        json.addProperty("type", cell.type().word());
        json.addProperty("short_pages", cell.driver().toString());
        json.addProperty("column", cell.column().title());
        json.addProperty("budget_pages", cell.budget().count());
        json.addProperty("lived", finding.lived());
        json.addProperty("owned_pages", finding.owned());
        json.addProperty("debt_pages", finding.debt());
        json.addProperty("lent_pages", finding.lent());
        finding.guard().ifPresent(guard -> json.addProperty("guard", guard));
        finding.crash().ifPresent(crash -> json.addProperty("crash", crash));
        return json;
    }

    private static Cell cell(JsonObject json) {
        return new Cell(
                DomainType.valueOf(json.get("type").getAsString().toUpperCase(Locale.ROOT)),
                Driver.named(json.get("short_pages").getAsString()),
                Column.titled(json.get("column").getAsString()),
                Pages.of(json.get("budget_pages").getAsLong()));
    }

    private static Finding finding(JsonObject json) {
        return new Finding(
                json.get("owned_pages").getAsLong(),
                json.get("debt_pages").getAsLong(),
                json.get("lent_pages").getAsLong(),
                text(json, "guard"),
                text(json, "crash"));
    }

    private static Optional<String> text(JsonObject json, String key) {
        return Optional.ofNullable(json.get(key)).map(JsonElement::getAsString);
    }
}
