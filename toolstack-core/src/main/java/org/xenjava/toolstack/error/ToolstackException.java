// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The root of all failures of the toolstack. */
public abstract sealed class ToolstackException extends RuntimeException
        permits ConfigException,
                CoreDumpException,
                DeviceException,
                DeviceModelException,
                DomainExistsException,
                DomainGoneException,
                DomainNotFoundException,
                DomainStateException,
                HostMemoryException,
                KernelImageException,
                OperationCancelledException,
                OperationTimeoutException,
                PodDebtException,
                XenCallException,
                XenStoreException,
                XenUnavailableException {
    private static final long serialVersionUID = 1L;

    ToolstackException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
