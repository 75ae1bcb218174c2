// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.NicConfig.Trust;
import org.xenjava.toolstack.config.NicConfig.Type;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Reads and writes a network card as xl-network-configuration(5) specifies it: {@code key=value} and flags with commas
 * between them and blanks around them. Unlike xl, the reader refuses a parameter that it does not know.
 */
final class XlNicSpec {
    private static final CharMatcher BLANK = CharMatcher.is(' ');
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}");

    private final OptionalInt place;
    private final Consumer<String> warnings;
    private final NicConfig.Builder nic = NicConfig.builder();

    /**
     * @param place place in the list, from 0; empty for a card that is attached
     * @param warnings receives the warnings
     */
    XlNicSpec(OptionalInt place, Consumer<String> warnings) {
        this.place = place;
        this.warnings = warnings;
    }

    /** @throws ConfigException if the text specifies no network card, or one that is not supported */
    NicConfig parse(String text) {
        for (String parameter : Splitter.on(',').split(text)) {
            String trimmed = BLANK.trimFrom(parameter);
            if (!trimmed.isEmpty()) {
                parameter(trimmed);
            }
        }
        return nic.build();
    }

    /** A text that this class and xl read as this card. */
    static String write(NicConfig nic) {
        List<String> parameters = new ArrayList<>();
        nic.mac().ifPresent(mac -> parameters.add("mac=" + mac));
        parameters.add("bridge=" + nic.bridge());
        nic.type().ifPresent(type -> parameters.add("type=" + type.word()));
        parameters.add("model=" + nic.model());
        nic.script().ifPresent(script -> parameters.add("script=" + script));
        nic.vifName().ifPresent(name -> parameters.add("vifname=" + name));
        nic.ip().ifPresent(ip -> parameters.add("ip=" + ip));
        nic.gatewayDevice().ifPresent(device -> parameters.add("gatewaydev=" + device));
        parameters.add("mtu=" + nic.mtu());
        nic.rate().ifPresent(rate -> parameters.add("rate=" + XlRate.write(rate)));
        nic.devid().ifPresent(devid -> parameters.add("devid=" + devid));
        nic.backendDomain().ifPresent(domain -> parameters.add("backend=" + domain));
        if (nic.trust() == Trust.UNTRUSTED) {
            parameters.add(Trust.UNTRUSTED.word());
        }
        return String.join(",", parameters);
    }

    private void parameter(String parameter) {
        int equals = parameter.indexOf('=');
        if (equals < 0) {
            flag(parameter);
        } else {
            assign(
                    BLANK.trimTrailingFrom(parameter.substring(0, equals)),
                    BLANK.trimLeadingFrom(parameter.substring(equals + 1)));
        }
    }

    private void flag(String word) {
        nic.trust(Arrays.stream(Trust.values())
                .filter(trust -> trust.word().equals(word))
                .findAny()
                .orElseThrow(() -> new ConfigException("'" + word + "' is no parameter of a network card")));
    }

    private void assign(String key, String value) {
        switch (key) {
            case "mac" -> nic.mac(new MacAddress(value));
            case "bridge" -> nic.bridge(value);
            case "type" -> nic.type(type(value));
            case "model" -> nic.model(value);
            case "script" -> nic.script(value);
            case "vifname" -> nic.vifName(value);
            case "ip" -> nic.ip(value);
            case "gatewaydev" -> nic.gatewayDevice(value);
            case "netdev" -> {
                warnings.accept("'netdev' of 'vif' is deprecated: write gatewaydev");
                nic.gatewayDevice(value);
            }
            case "mtu" -> nic.mtu(decimal(key, value));
            case "rate" -> nic.rate(XlRate.parse(value));
            case "devid" -> {
                int devid = decimal(key, value);
                if (devid != place.orElse(devid + 1)) {
                    nic.devid(devid);
                }
            }
            case "trusted", "untrusted" ->
                warnings.accept("'" + key + "' of 'vif' is a word without a value; xl ignores " + key + "=" + value);
            case "backend" -> {
                if (!value.isEmpty() && !value.equals("0") && !value.equals("Domain-0")) {
                    nic.backendDomain(value);
                }
            }
            case "accel" -> warnings.accept("'accel' of 'vif' is ignored, as xl does");
            default ->
                throw new ConfigException(
                        key.equals("forwarddev") || key.startsWith("colo_")
                                ? key + " is not supported: there is no COLO"
                                : "'" + key + "' is no parameter of a network card");
        }
    }

    private static Type type(String value) {
        return Arrays.stream(Type.values())
                .filter(type -> type.word().equals(value))
                .findAny()
                .orElseThrow(() -> new ConfigException("type is ioemu or vif, not '" + value + "'"));
    }

    private static int decimal(String what, String text) {
        if (!DECIMAL.matcher(text).matches()) {
            throw new ConfigException(what + " is a decimal number, not '" + text + "'");
        }
        return Integer.parseInt(text);
    }
}
