// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import java.util.Locale;
import java.util.Optional;
import org.xenjava.toolstack.error.ConfigException;

/**
 * A network card, as xl-network-configuration(5) describes it. Make one with {@link #builder}.
 *
 * @param mac its address; if it is empty, each build chooses one, as
 *     {@link DomainConfig#completed} does
 * @param bridge the host's bridge that the hotplug script adds it to; xl's default is {@code xenbr0}
 * @param type whether an HVM guest also gets an emulated card; if it is empty, the guest's type decides
 * @param model the emulated card, in QEMU's words; xl's default is {@code rtl8139}
 * @param script the hotplug script; if it is empty, {@code vif-bridge}. A relative name is relative to Xen's directory
 *     of scripts
 * @param vifName the host's name of the interface; if it is empty, {@code vifDOMID.DEVID}
 * @param ip addresses for the hotplug script, in its own form
 * @param gatewayDevice the host's interface that {@code vif-route} routes through
 * @param mtu largest payload in bytes, 68 … 65535, as the hotplug script sets it; xl's default is 1500
 * @param rate limit of what the guest sends, if any
 * @param trust whether the guest is advised to trust the backend
 */
public record NicConfig(
        Optional<MacAddress> mac,
        String bridge,
        Optional<Type> type,
        String model,
        Optional<String> script,
        Optional<String> vifName,
        Optional<String> ip,
        Optional<String> gatewayDevice,
        int mtu,
        Optional<Rate> rate,
        Trust trust) {

    public static final String DEFAULT_BRIDGE = "xenbr0";
    public static final String DEFAULT_MODEL = "rtl8139";
    public static final int DEFAULT_MTU = 1500;

    /** Which cards a guest sees. */
    public enum Type {
        /** A paravirtual card and an emulated one, of which the guest uses one. HVM guests only. */
        IOEMU,
        /** A paravirtual card. */
        VIF;

        /** The word of xl.cfg. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What the frontend is told about the backend. */
    public enum Trust {
        TRUSTED,
        UNTRUSTED;

        /** The word of xl.cfg. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * How much a guest may send: a credit of so many bytes, which is filled up again and again.
     *
     * @param bytesPerSecond a number of 32 bits that is not 0, or 1000, 1000² or 1000³ times one: what xl's
     *     syntax can say
     * @param intervalMicros how often the credit is filled up, in microseconds, 1 … 2³²−1; the product of both has 64
     *     bits
     */
    public record Rate(long bytesPerSecond, long intervalMicros) {
        /** xl's interval if none is given: 50 ms. */
        public static final long DEFAULT_INTERVAL_MICROS = 50_000;

        private static final long MICROS_PER_SECOND = 1_000_000;

        /** @throws ConfigException if a number is out of its range */
        public Rate {
            DeviceRules.ofRate(bytesPerSecond, intervalMicros).ifPresent(complaint -> {
                throw new ConfigException(complaint);
            });
        }

        /**
         * The credit in bytes, rounded down. xenstore's {@code rate} is this, a comma, and the interval in microseconds
         * (libxlu_vif.c, libxl_nic.c).
         */
        public long bytesPerInterval() {
            return Long.divideUnsigned(bytesPerSecond * intervalMicros, MICROS_PER_SECOND);
        }
    }

    /** @throws ConfigException if no host could attach it */
    public NicConfig {
        DeviceRules.ofNic(bridge, model, script, vifName, ip, gatewayDevice, mtu)
                .ifPresent(complaint -> {
                    throw new ConfigException(complaint);
                });
    }

    /** The type that the card has in a guest: what is asked for, or libxl's default for the kind of guest. */
    public Type typeIn(DomainType guest) {
        return type.orElse(guest == DomainType.HVM ? Type.IOEMU : Type.VIF);
    }

    /** The same card with this address. */
    public NicConfig withMac(MacAddress newMac) {
        return new NicConfig(
                Optional.of(newMac), bridge, type, model, script, vifName, ip, gatewayDevice, mtu, rate, trust);
    }

    /** The same card of this type. */
    public NicConfig withType(Type newType) {
        return new NicConfig(
                mac, bridge, Optional.of(newType), model, script, vifName, ip, gatewayDevice, mtu, rate, trust);
    }

    /** A builder with xl's defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects a card; {@link #build} validates it. */
    public static final class Builder {
        private Optional<MacAddress> mac = Optional.empty();
        private String bridge = DEFAULT_BRIDGE;
        private Optional<Type> type = Optional.empty();
        private String model = DEFAULT_MODEL;
        private Optional<String> script = Optional.empty();
        private Optional<String> vifName = Optional.empty();
        private Optional<String> ip = Optional.empty();
        private Optional<String> gatewayDevice = Optional.empty();
        private int mtu = DEFAULT_MTU;
        private Optional<Rate> rate = Optional.empty();
        private Trust trust = Trust.TRUSTED;

        private Builder() {}

        public Builder mac(MacAddress value) {
            mac = Optional.of(value);
            return this;
        }

        public Builder bridge(String value) {
            bridge = value;
            return this;
        }

        public Builder type(Type value) {
            type = Optional.of(value);
            return this;
        }

        public Builder model(String value) {
            model = value;
            return this;
        }

        public Builder script(String value) {
            script = Optional.of(value);
            return this;
        }

        public Builder vifName(String value) {
            vifName = Optional.of(value);
            return this;
        }

        public Builder ip(String value) {
            ip = Optional.of(value);
            return this;
        }

        public Builder gatewayDevice(String value) {
            gatewayDevice = Optional.of(value);
            return this;
        }

        public Builder mtu(int value) {
            mtu = value;
            return this;
        }

        public Builder rate(Rate value) {
            rate = Optional.of(value);
            return this;
        }

        public Builder trust(Trust value) {
            trust = value;
            return this;
        }

        /** @throws ConfigException if the values are not a valid card */
        public NicConfig build() {
            return new NicConfig(mac, bridge, type, model, script, vifName, ip, gatewayDevice, mtu, rate, trust);
        }
    }
}
