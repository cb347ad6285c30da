# SPDX-License-Identifier: MIT OR Apache-2.0
# The VFIO backend on QEMU's teaching device: registers, DMA engine, MSI and INTx, no reset.
# shellcheck shell=dash disable=SC2154 # edu: guest.sh

on_edu() { bind_to vfio-pci $edu; vm_vfio "$1" $edu; }

test_open_and_busy() { on_edu open; }
test_eight_processes_race_for_it() { on_edu race; }
test_config_space() { on_edu config; }
test_bars_map() { on_edu maps; }
test_registers() { on_edu edu-registers; }
test_msi_signals_an_eventfd() { on_edu edu-msi; }
test_intx_masks_itself() { on_edu edu-intx; }
test_io_address_ranges() { on_edu ranges; }
test_few_io_addresses_run_out() { on_edu few-addresses; }
test_dma_goes_where_it_is_mapped() { on_edu edu-dma; }

# Two strays; of faults that come close together the IOMMU may keep only one.
test_dma_that_strays_is_reported_by_the_kernel() {
    bind_to vfio-pci $edu
    forget_kernel
    vm_vfio edu-stray $edu >/tmp/out
    cat /tmp/out
    kernel_says "DMAR: .DMA Write.*device .00:04.0. fault addr \($(sed -n 's/^writing to \(0x[0-9a-f]*\).*/\1/p' /tmp/out | paste -sd'|' | sed 's/|/\\|/')\)"
}

test_small_pages() {
    echo 0 >/proc/sys/vm/nr_hugepages
    on_edu edu-small-pages
}

test_huge_pages() {
    echo 4 >/proc/sys/vm/nr_hugepages
    on_edu edu-large-pages
    echo 0 >/proc/sys/vm/nr_hugepages
}

test_a_missing_reset_is_said() { on_edu edu-no-reset; }
