"""Headers of 抖店, 京东, Shopify and WooCommerce exports as the platforms and their plugins write them."""

from __future__ import annotations

from tests.tools.warehouse.import_desk import cells

DOUDIAN = cells(
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商家编码,订单应付金额,运费,收件人,收件人手机号,详细地址,订单提交时间,商家备注,订单完成时间,"
    "订单状态,售后状态,取消原因,发货时间,平台实际承担优惠金额,商家实际承担优惠金额,达人实际承担优惠金额"
)
DOUDIAN_MORE = [*DOUDIAN, *cells("商品ID,支付完成时间,达人ID,达人昵称,流量体裁,流量渠道,流量来源,流量类型,省,市,区")]
JD = cells(
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,"
    "订单备注,发票类型,发票抬头,发票内容,商家备注,商家备注等级（等级1-5为由高到低）,运费金额,付款确认时间,增值税发票,货号,订单完成时间,订单来源,订单渠道"
)
SHOPIFY_PRODUCTS = cells(
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option1 Linked To,Option2 Name,Option2 Value,"
    "Option2 Linked To,Option3 Name,Option3 Value,Option3 Linked To,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,"
    "Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,"
    "Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card,SEO Title,SEO Description,Google Shopping / Google Product Category,"
    "Variant Image,Variant Weight Unit,Variant Tax Code,Cost per item,Included / International,Status"
)
SHOPIFY_CUSTOMERS = cells(
    "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,Province Code,Country,Country Code,Zip,Phone,"
    "Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt"
)
SHOPIFY_CUSTOMERS_NEW = cells(
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address Address2,"
    "Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,"
    "Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags"
)
WOO_PRODUCTS = cells(
    "ID,Type,SKU,Name,Published,Is featured?,Visibility in catalog,Short description,Description,Date sale price starts,Date sale price ends,"
    "Tax status,Tax class,In stock?,Stock,Low stock amount,Backorders allowed?,Sold individually?,Weight (kg),Length (cm),Width (cm),Height (cm),"
    "Allow customer reviews?,Purchase note,Sale price,Regular price,Categories,Tags,Shipping class,Images,Download limit,Download expiry days,"
    "Parent,Grouped products,Upsells,Cross-sells,External URL,Button text,Position,Attribute 1 name,Attribute 1 value(s),Attribute 1 visible,Attribute 1 global"
)
WOO_ADVANCED = cells(
    "Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Last Name (Billing),Company (Billing),City (Billing),State Code (Billing),"
    "Zip (Billing),Country Code (Billing),Email (Billing),Phone (Billing),State Code (Shipping),Country Code (Shipping),Payment Method Title,"
    "Cart Discount Amount,Order Subtotal Amount,Shipping Method Title,Order Shipping Amount,Order Refund Amount,Order Total Amount,Order Total Tax Amount"
)
WOO_ADVANCED_ITEMS = [
    *WOO_ADVANCED,
    *cells("SKU,Item #,Item Name,Quantity,Item Cost,Order Line Total,Coupon Code,Discount Amount"),
]
WOO_LEGACY = cells(
    "order_id,order_number_formatted,order_number,date,status,order_shipping,order_shipping_tax,order_fees,order_fee_tax,order_tax,cart_discount,"
    "order_discount,order_total,payment_method,shipping_method,customer_user,billing_first_name,billing_last_name,billing_email,billing_phone,"
    "billing_address_1,billing_postcode,billing_city,billing_state,billing_country,shipping_state,customer_note,order_item_1,order_item_2"
)
WOO_SUITE = cells(
    "order_id,order_number,order_date,paid_date,status,shipping_total,shipping_tax_total,fee_total,fee_tax_total,tax_total,cart_discount,"
    "order_discount,discount_total,order_total,order_subtotal,order_currency,payment_method,customer_email,billing_first_name,billing_email"
)
